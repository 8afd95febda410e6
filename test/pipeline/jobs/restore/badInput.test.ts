import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode, RemasterError } from '../../../../src/errors';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { searchFfmpeg } from '../../../../src/pipeline/media/findFfmpeg';
import { matroskaHeader } from '../../../../src/pipeline/media/matroska';
import { type Job, JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { processes } from '../../../support/processes';
import { binary, ff, moving, scratchFolder, times } from '../../../support/videos';

describe('badInput', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  async function run(input: string, changes: Partial<Job> = {}, scale = 2): Promise<unknown> {
    const job = { ...JOB_DEFAULTS, input: at(input), output: at('out.mp4'), ...changes };
    const tools = {
      binary: await binary(),
      openModel: async ({ depth }: { depth: 8 | 16 }) => nearest(scale, { depth }),
    };
    return restoreVideo(job, tools, new AbortController().signal, () => {});
  }

  /** The job fails with this code, in a sentence that names the file, and leaves nothing behind. */
  async function refuses(
    code: ErrorCode,
    input: string,
    changes: Partial<Job> = {},
    scale = 2,
  ): Promise<RemasterError> {
    const files = (): string[] => readdirSync(folder).filter((name) => !/\.partial\./.test(name));
    const before = files();
    let thrown: RemasterError | undefined;
    await assert.rejects(run(input, changes, scale), (error: RemasterError) => {
      thrown = error;
      return true;
    });
    assert.equal(thrown!.code, code, `${thrown!.code}: ${thrown!.message}`);
    assert.ok(thrown!.message.length > 20, thrown!.message);
    assert.ok(thrown!.remedy.length > 5, `no remedy: ${thrown!.message}`);
    assert.deepEqual(files(), before);
    assert.deepEqual(processes(new RegExp(`ffmpeg.*${folder}`)), []);
    return thrown!;
  }

  before(async () => {
    await ff(
      ...moving('64x36', '25', 60),
      '-f',
      'lavfi',
      '-i',
      'sine=duration=2.4',
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-g',
      '10',
      '-c:a',
      'aac',
      at('good.mp4'),
    );
    await ff('-i', at('good.mp4'), '-c', 'copy', at('good.mkv'));
    await ff('-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'aac', at('sound.mp4'));
  });

  it('a missing file', () => refuses('SOURCE_NOT_FOUND', 'none.mp4'));
  it('a folder', async () => {
    mkdirSync(at('folder.mp4'));
    await refuses('SOURCE_UNREADABLE', 'folder.mp4');
  });
  it('an empty file', async () => {
    writeFileSync(at('empty.mp4'), '');
    await refuses('SOURCE_EMPTY', 'empty.mp4');
  });
  it('a text file that calls itself a film', async () => {
    writeFileSync(at('text.mp4'), 'This is not a film.\n'.repeat(100));
    await refuses('SOURCE_UNREADABLE', 'text.mp4');
  });
  it('sound only', async () => {
    const { message } = await refuses('SOURCE_UNREADABLE', 'sound.mp4');
    assert.match(message, /no video stream/);
  });
  it('an mp4 whose end, and with it its index, is missing', async () => {
    const bytes = readFileSync(at('good.mp4'));
    writeFileSync(at('cut.mp4'), bytes.subarray(0, bytes.length / 2));
    const { message } = await refuses('SOURCE_UNREADABLE', 'cut.mp4');
    assert.match(message, /index is missing/);
  });
  it('zero frames', async () => {
    // A fragmented file whose recorder died before the first fragment; and one that stops after its header.
    await ff('-i', at('good.mp4'), '-c', 'copy', '-movflags', '+empty_moov+frag_keyframe', at('fragments.mp4'));
    const bytes = readFileSync(at('fragments.mp4'));
    writeFileSync(at('none.mp4'), bytes.subarray(0, bytes.indexOf('moof') - 4));
    await refuses('SOURCE_EMPTY', 'none.mp4');
    writeFileSync(at('none.mkv'), matroskaHeader({ width: 64, height: 36, depth: 8, framesPerSecond: 25 }));
    await refuses('SOURCE_EMPTY', 'none.mkv');
  });
  for (const [what, text] of [
    ['an HLS playlist', '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'],
    ['a concat script', 'ffconcat version 1.0\nfile good.mp4\n'],
    [
      'a session description',
      'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
    ],
  ] as const) {
    it(`${what} under the name of a film opens nothing`, async () => {
      writeFileSync(at('list.mp4'), text);
      await refuses('SOURCE_UNREADABLE', 'list.mp4');
    });
  }

  it('a Matroska file that was cut off: what is there is kept under another name, and said to be a part', async () => {
    const bytes = readFileSync(at('good.mkv'));
    writeFileSync(at('cut.mkv'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const { message } = await refuses('SOURCE_TRUNCATED', 'cut.mkv');
    assert.match(message, /out\.partial\.mp4/);
    const { seconds } = await times(at('out.partial.mp4'));
    assert.ok(seconds.length > 10 && seconds.length < 60, `${seconds.length} frames`);
    assert.ok(!existsSync(at('out.mp4')));
  });

  it('a file that grows while it is read', async () => {
    copyFileSync(at('good.mkv'), at('grows.mkv'));
    const job = { ...JOB_DEFAULTS, input: at('grows.mkv'), output: at('grown.mp4') };
    const tools = { binary: await binary(), openModel: async () => nearest(2) };
    const grow = (): void => appendFileSync(at('grows.mkv'), 'more');
    await assert.rejects(
      restoreVideo(job, tools, new AbortController().signal, ({ stage }) => stage === 'finishing' && grow()),
      { code: 'SOURCE_CHANGED' },
    );
    assert.ok(!existsSync(at('grown.mp4')) && existsSync(at('grown.partial.mp4')));
  });

  it('an output that exists is not touched, unless that is wanted', async () => {
    writeFileSync(at('mine.mp4'), 'precious');
    await refuses('OUTPUT_EXISTS', 'good.mp4', { output: at('mine.mp4') });
    assert.equal(readFileSync(at('mine.mp4'), 'utf8'), 'precious');
    await run('good.mp4', { output: at('mine.mp4'), overwrite: true });
    assert.ok(statSync(at('mine.mp4')).size > 1000);
  });
  it('an output folder that is missing', () =>
    refuses('OUTPUT_UNWRITABLE', 'good.mp4', { output: at('nowhere/out.mp4') }));
  it('an output that is a folder', () =>
    refuses('OUTPUT_UNWRITABLE', 'good.mp4', { output: at('folder.mp4'), overwrite: true }));
  it('an output folder in which nothing may be written', () =>
    refuses('OUTPUT_UNWRITABLE', 'good.mp4', { output: '/proc/out.mp4' }));
  it('a file that may not be read, and a folder that may not be written', async function () {
    if (process.geteuid!() !== 0) return; // only root can take rights away from itself and get them back
    writeFileSync(at('secret.mp4'), readFileSync(at('good.mp4')), { mode: 0o600 });
    mkdirSync(at('theirs'));
    await binary();
    chmodSync(folder, 0o755);
    try {
      process.seteuid!(65534);
      await assert.rejects(run('secret.mp4'), { code: 'SOURCE_UNREADABLE' });
      await assert.rejects(run('good.mp4', { output: at('theirs/out.mp4') }), { code: 'OUTPUT_UNWRITABLE' });
    } finally {
      process.seteuid!(0);
    }
    assert.deepEqual(readdirSync(at('theirs')), []);
  });
  it('a picture larger than the codec takes', async () => {
    await ff('-f', 'lavfi', '-i', 'color=gray:size=7680x4320,trim=end_frame=1', '-frames:v', '1', at('8k.png'));
    const { message } = await refuses('FRAME_TOO_LARGE', '8k.png', { output: at('8k.mp4') }, 4);
    assert.match(message, /30720×17280/);
  });
  it('a part that lies behind the end', async () => {
    const { remedy } = await refuses('BAD_SETTING', 'good.mp4', { trim: { start: 99, end: null } });
    assert.match(remedy, /It lasts 2\.4/);
  });
  it('an ending that names no container, and a codec that does not go into it', async () => {
    await refuses('BAD_SETTING', 'good.mp4', { output: at('out.gif') });
    await refuses('BAD_SETTING', 'good.mp4', { output: at('out.mp4'), codec: 'ffv1' });
  });

  for (const name of [
    '-i.mp4',
    ' a b .mp4',
    `quote'"$(x);&.mp4`,
    'new\nline.mp4',
    'übergröße 映画.mp4',
    '%d %03d.mp4',
    'concat:x.mp4',
    'http:x.mp4',
  ]) {
    it(`the name ${JSON.stringify(name)} is a name like any other`, async () => {
      copyFileSync(at('good.mp4'), at(name));
      const output = at(`out of ${name}`);
      await run(name, { output });
      assert.equal((await times(output)).seconds.length, 60);
    });
  }

  it('a still picture is a film of one frame', async () => {
    await ff('-f', 'lavfi', '-i', 'testsrc2=size=64x36', '-frames:v', '1', at('still %02d.png'.replace('%02d', '1')));
    copyFileSync(at('still 1.png'), at('still %02d.png'));
    await run('still %02d.png', { output: at('still.mkv'), codec: 'ffv1' });
    assert.equal((await times(at('still.mkv'))).seconds.length, 1);
  });

  it('no ffmpeg at all is told with what was tried', async () => {
    writeFileSync(at('fake-ffmpeg'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    assert.equal((await searchFfmpeg(at('none'))).found, null);
    const { found, tried } = await searchFfmpeg(at('fake-ffmpeg'));
    assert.equal(found, null);
    assert.match(tried[0]!.reason, /output is not that of ffmpeg/);
  });
});
