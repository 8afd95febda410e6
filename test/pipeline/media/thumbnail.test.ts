import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { runFluent } from '../../../src/pipeline/media/runFluent';
import { thumbnail } from '../../../src/pipeline/media/thumbnail';
import { processes } from '../../support/processes';
import { binary, ff, moving, scratchFolder } from '../../support/videos';

const never = new AbortController().signal;

describe('thumbnail', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const request = (output: string, width: number | null = null) => ({ input: at('in.mkv'), at: 0.1, output, width });

  before(() => ff(...moving('64x48', '25', 10), '-c:v', 'ffv1', at('in.mkv')));

  it('saves one frame, scaled', async () => {
    await thumbnail(await binary(), request(at('small.png'), 32), never);
    const { width, height } = await sharp(readFileSync(at('small.png'))).metadata(); // files may be blocked in this process
    assert.deepEqual([width, height], [32, 24]);
  });

  it('fails with a sentence when the program has vanished or the time is beyond the end, and leaves nothing', async () => {
    const before = readdirSync(folder);
    const gone = { ...(await binary()), path: at('no-ffmpeg') };
    await assert.rejects(thumbnail(gone, request(at('gone.png')), never), { message: /no-ffmpeg|Cannot extract/ });
    const mirrors = { ...gone, hasFpsMode: false }; // of 2018: it is probed first
    await assert.rejects(thumbnail(mirrors, request(at('gone.png')), never), { code: 'FFMPEG_MISSING' });
    await assert.rejects(thumbnail(await binary(), { ...request(at('late.png')), at: 99 }, never), {
      code: 'SOURCE_UNREADABLE',
    });
    assert.deepEqual(readdirSync(folder), before);
  });

  it('opens nothing but the video: no playlist that calls itself one', async () => {
    await ff('-i', at('in.mkv'), '-c:v', 'mpeg2video', at('secret.ts'));
    const lines = ['#EXTM3U', '#EXT-X-TARGETDURATION:1', '#EXTINF:0.4,', 'secret.ts', '#EXT-X-ENDLIST', ''];
    const hidden = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(lines.join('\n'))]); // no text at first sight
    for (const [name, data] of [
      ['list.mp4', lines.join('\n')],
      ['hidden.mp4', hidden],
    ] as const) {
      writeFileSync(at(name), data);
      const stolen = { ...request(at('stolen.png')), input: at(name), at: 0 };
      await assert.rejects(thumbnail(await binary(), stolen, never), { code: 'SOURCE_UNREADABLE' });
    }
    assert.ok(!existsSync(at('stolen.png')));
  });

  it('opens what a job opens: a folder of images', async () => {
    mkdirSync(at('images'));
    await ff(...moving('64x48', '25', 3), at('images/%02d.png'));
    await thumbnail(await binary(), { ...request(at('of folder.png')), input: at('images'), at: 0 }, never);
    assert.equal((await sharp(readFileSync(at('of folder.png'))).metadata()).width, 64);
  });

  it('refuses a time, a width and an output that make no sense', async () => {
    for (const changes of [{ at: -1 }, { at: NaN }, { width: 0 }, { width: 10.5 }, { output: at('x.mp4') }])
      await assert.rejects(thumbnail(await binary(), { ...request(at('x.png')), ...changes }, never), {
        code: 'BAD_SETTING',
      });
    assert.ok(!existsSync(at('x.mp4')));
  });

  for (const [what, limit] of [
    ['when it is stopped', 60_000],
    ['after its time limit', 300],
  ] as const)
    it(`ends ffmpeg and its own process ${what}`, async () => {
      const slow = at('slow-ffmpeg');
      const marker = at('started');
      writeFileSync(
        slow,
        `#!/bin/sh\ncase "$*" in *-formats*|*-encoders*|*-codecs*) exit 0;; esac\ntouch "${marker}"\nexec sleep 60.5\n`,
      );
      chmodSync(slow, 0o755);
      rmSync(marker, { force: true });
      const stop = new AbortController();
      const reason = new Error('enough');
      const job = {
        ffmpeg: slow,
        input: at('in.mkv'),
        inputOptions: [],
        seek: 0,
        output: at('x.png'),
        outputOptions: [],
      };
      const running = runFluent(job, stop.signal, limit);
      if (limit === 60_000) {
        const waiting = setInterval(() => existsSync(marker) && stop.abort(reason), 20);
        await assert.rejects(running, reason);
        clearInterval(waiting);
      } else assert.match((await running)!, /did not end within 0\.3 s/);
      assert.deepEqual(processes(/sleep 60\.5|fluentProcess/), []);
    });
});
