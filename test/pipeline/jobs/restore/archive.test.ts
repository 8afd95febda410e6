import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../../../src/settings/restoreJob';
import { recordJob } from '../../../support/recorded';
import { description, ff, moving, scratchFolder } from '../../../support/videos';

/** MediaArea's program, which archives use. */
const mediaconch = (...args: string[]): string => {
  const { stdout, error } = spawnSync('mediaconch', args, { encoding: 'utf8' });
  if (error) throw error;
  return stdout;
};

describe('FFV1 in Matroska, as archives want it', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  before(async function () {
    if (spawnSync('mediaconch', ['--version']).error) return this.skip();
    writeFileSync(at('words.srt'), '1\n00:00:00,100 --> 00:00:00,300\nHello\n');
    writeFileSync(
      at('chapters.txt'),
      ';FFMETADATA1\ntitle=Tape 7\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=200\ntitle=One\n',
    );
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=0.4', '-i', at('words.srt'), '-i', at('chapters.txt')];
    const streams = ['-map', '0:v', '-map', '1:a', '-map', '2:s', '-map_metadata', '3', '-map_chapters', '3'];
    const attached = ['-attach', at('words.srt'), '-metadata:s:t', 'mimetype=text/plain'];
    const codecs = ['-c:a', 'pcm_s16le', '-c:s', 'srt'];
    for (const format of ['yuv420p', 'yuv422p', 'yuv444p', 'yuv422p10le', 'yuv411p', 'gray', 'gbrp10le'])
      await ff(
        ...moving('64x48', '25', 10),
        ...sound,
        ...streams,
        ...attached,
        '-c:v',
        'ffv1',
        '-pix_fmt',
        format,
        ...codecs,
        at(`${format}.mkv`),
      );
  });

  const CASES: readonly (readonly [source: string, result: string, changes: Partial<Job>])[] = [
    ['yuv420p', 'yuv420p', { record: false }],
    ['yuv422p', 'yuv422p', {}],
    ['yuv444p', 'yuv444p', { record: false, extras: false, audio: 'none' }],
    ['yuv422p10le', 'yuv422p10le', { segment: 3 }],
    ['yuv411p', 'yuv422p', {}],
    ['gray', 'yuv420p', { trim: { start: 0.1, end: 0.3 } }],
    ['gbrp10le', 'gbrp10le', {}],
  ];
  for (const [source, format, changes] of CASES) {
    it(`passes the implementation checks of MediaConch and keeps the chroma: ${source}`, async () => {
      const output = at(`${source}.out.mkv`);
      const { warnings } = await recordJob({ input: at(`${source}.mkv`), output, ...changes });
      assert.deepEqual(warnings, []);
      assert.equal(mediaconch('-fs', output).trim(), `pass! ${output}`);
      const text = mediaconch('-mi', '-ft', output);
      assert.match(text, /Format_Version *: Version 3\.4/);
      assert.match(text, /MaxSlicesCount *: 16/);
      assert.match(text, /Format_Settings_GOP *: N=1/);
      assert.match(text, /ErrorDetectionType *: Per level 1[^]*ErrorDetectionType *: Per slice/);
      assert.match(await description(output), new RegExp(`ffv1.*, ${format}[(,]`));
    });
  }

  it('has 24 slices above standard definition', async () => {
    await ff(...moving('640x360', '25', 2), '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', at('large.mkv'));
    await recordJob({ input: at('large.mkv'), output: at('large.out.mkv'), record: false });
    assert.match(mediaconch('-mi', '-ft', at('large.out.mkv')), /MaxSlicesCount *: 24/);
  });

  it('MediaConch sees a flipped bit', async () => {
    const bytes = readFileSync(at('yuv420p.out.mkv'));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(at('flipped.mkv'), bytes);
    assert.match(mediaconch('-fs', at('flipped.mkv')), /^fail! /);
  });
});
