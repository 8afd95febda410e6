import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode, RemasterError } from '../../../../src/errors';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { searchFfmpeg } from '../../../../src/pipeline/media/findFfmpeg';
import { matroskaHeader } from '../../../../src/pipeline/media/matroska';
import { type Job, JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { processes } from '../../../support/processes';
import { binary, ff, moving, scratchFolder, times } from '../../../support/videos';
import { freePort } from '../live/peer';

describe('restoreVideo with invalid input', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  async function run(input: string, changes: Partial<Job> = {}, scale = 2, path?: string): Promise<unknown> {
    const found = await binary();
    const job = { ...JOB_DEFAULTS, model: 'x4', input: at(input), output: at('out.mp4'), ...changes };
    const tools = {
      binary: path === undefined ? found : { ...found, path, ffprobe: null }, // as the one beside another ffmpeg is
      openModel: async ({ depth }: { depth: 8 | 16 }) => nearest(scale, { depth }),
    };
    return restoreVideo(job, tools, new AbortController().signal, () => {});
  }

  /** The job fails with this code and an explanation, and leaves no files or processes. */
  async function refuses(
    code: ErrorCode,
    input: string,
    changes: Partial<Job> = {},
    scale = 2,
    path?: string,
  ): Promise<RemasterError> {
    const files = (): string[] => readdirSync(folder).filter((name) => !/\.partial\./.test(name));
    const before = files();
    let thrown: RemasterError | undefined;
    await assert.rejects(run(input, changes, scale, path), (error: RemasterError) => {
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

  it('an output that cannot be is refused before the model is opened', async () => {
    writeFileSync(at('there.mp4'), 'x');
    const tools = { binary: await binary(), openModel: () => assert.fail('the model was opened') };
    const attempt = (output: string): Promise<unknown> =>
      restoreVideo(
        { ...JOB_DEFAULTS, model: 'x4', input: at('good.mp4'), output },
        tools,
        new AbortController().signal,
        () => {},
      );
    await assert.rejects(attempt(at('there.mp4')), { code: 'OUTPUT_EXISTS', remedy: /--overwrite.*--resume/ });
    await assert.rejects(attempt(at(join('nowhere', 'out.mp4'))), { code: 'OUTPUT_UNWRITABLE' });
    await assert.rejects(attempt(folder), { code: 'OUTPUT_UNWRITABLE' });
    await assert.rejects(attempt(at('good.mp4')), { code: 'OUTPUT_EXISTS', message: /same file as the source/ });
  });

  it('rejects a missing file', () => refuses('SOURCE_NOT_FOUND', 'none.mp4'));
  it('rejects a folder without images', async () => {
    mkdirSync(at('folder.mp4'));
    await refuses('SOURCE_UNREADABLE', 'folder.mp4');
  });
  it('rejects an empty file', async () => {
    writeFileSync(at('empty.mp4'), '');
    await refuses('SOURCE_EMPTY', 'empty.mp4');
  });
  it('rejects a text file with the extension of a video', async () => {
    writeFileSync(at('text.mp4'), 'This is not a video.\n'.repeat(100));
    await refuses('SOURCE_UNREADABLE', 'text.mp4');
  });
  it('rejects a file with audio only', async () => {
    const { message } = await refuses('SOURCE_UNREADABLE', 'sound.mp4');
    assert.match(message, /no video stream/);
  });
  it('rejects a truncated MP4 without an index', async () => {
    const bytes = readFileSync(at('good.mp4'));
    writeFileSync(at('cut.mp4'), bytes.subarray(0, bytes.length / 2));
    const { message } = await refuses('SOURCE_UNREADABLE', 'cut.mp4');
    assert.match(message, /index is missing/);
  });
  it('rejects a video without frames', async () => {
    // A fragmented file whose recorder died before the first fragment, and a file that ends after its header.
    await ff('-i', at('good.mp4'), '-c', 'copy', '-movflags', '+empty_moov+frag_keyframe', at('fragments.mp4'));
    const bytes = readFileSync(at('fragments.mp4'));
    writeFileSync(at('none.mp4'), bytes.subarray(0, bytes.indexOf('moof') - 4));
    await refuses('SOURCE_EMPTY', 'none.mp4');
    writeFileSync(at('none.mkv'), matroskaHeader({ width: 64, height: 36, depth: 8, framesPerSecond: 25 }));
    await refuses('SOURCE_EMPTY', 'none.mkv');
  });
  for (const [what, text] of [
    ['an HLS playlist', '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\ntrap.mp4\n#EXT-X-ENDLIST\n'],
    ['a concat script', 'ffconcat version 1.0\nfile trap.mp4\n'],
  ] as const) {
    it(`${what} with the extension of a video opens no other file`, async function () {
      if (process.platform === 'win32') this.skip();
      const trap = fifo(at('trap.mp4'));
      try {
        writeFileSync(at('list.mp4'), text);
        await refuses('SOURCE_UNREADABLE', 'list.mp4');
        assert.equal(trap.isOpened(), false);
        spawn('cat', [at('trap.mp4')], { stdio: 'ignore' }); // the trap works
        while (!trap.isOpened()) await sleep(5);
      } finally {
        trap.remove();
      }
    });
  }

  it('a session description with the extension of a video opens no port', async function () {
    if (process.platform !== 'linux') this.skip();
    const port = await freePort();
    const media = `m=video ${port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`;
    writeFileSync(at('list.mp4'), `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n${media}`);
    const local = new RegExp(`: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} `);
    let isOpened = false;
    const watch = setInterval(() => (isOpened ||= local.test(readFileSync('/proc/net/udp', 'utf8'))), 2);
    try {
      await refuses('SOURCE_UNREADABLE', 'list.mp4');
      assert.equal(isOpened, false);
      const socket = createSocket('udp4').bind(port, '127.0.0.1'); // the watch works
      while (!isOpened) await sleep(5);
      socket.close();
    } finally {
      clearInterval(watch);
    }
  });

  it('saves the frames of a truncated Matroska file under a .partial name and reports it', async () => {
    const bytes = readFileSync(at('good.mkv'));
    writeFileSync(at('cut.mkv'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const { message } = await refuses('SOURCE_TRUNCATED', 'cut.mkv');
    assert.match(message, /out\.partial\.mp4/);
    const { seconds } = await times(at('out.partial.mp4'));
    assert.ok(seconds.length > 10 && seconds.length < 60, `${seconds.length} frames`);
    assert.ok(!existsSync(at('out.mp4')));
  });

  it('reports a file that grows while it is being read', async () => {
    copyFileSync(at('good.mkv'), at('grows.mkv'));
    const job = { ...JOB_DEFAULTS, model: 'x4', input: at('grows.mkv'), output: at('grown.mp4') };
    const tools = { binary: await binary(), openModel: async () => nearest(2) };
    const grow = (): void => appendFileSync(at('grows.mkv'), 'more');
    await assert.rejects(
      restoreVideo(job, tools, new AbortController().signal, ({ stage }) => stage === 'finishing' && grow()),
      { code: 'SOURCE_CHANGED' },
    );
    assert.ok(!existsSync(at('grown.mp4')) && existsSync(at('grown.partial.mp4')));
  });

  it('keeps an existing output unless overwrite is set', async () => {
    writeFileSync(at('mine.mp4'), 'precious');
    await refuses('OUTPUT_EXISTS', 'good.mp4', { output: at('mine.mp4') });
    assert.equal(readFileSync(at('mine.mp4'), 'utf8'), 'precious');
    await run('good.mp4', { output: at('mine.mp4'), overwrite: true });
    assert.ok(statSync(at('mine.mp4')).size > 1000);
  });
  it('rejects a missing output folder', () =>
    refuses('OUTPUT_UNWRITABLE', 'good.mp4', { output: at('nowhere/out.mp4') }));
  it('rejects an output that is a folder', () =>
    refuses('OUTPUT_UNWRITABLE', 'good.mp4', { output: at('folder.mp4'), overwrite: true }));
  it('rejects a read-only output folder', () => refuses('OUTPUT_UNWRITABLE', 'good.mp4', { output: '/proc/out.mp4' }));
  it('reports missing permissions of the source and of the output folder', async function () {
    if (!process.geteuid) this.skip(); // Windows has no such modes
    const isRoot = process.geteuid() === 0; // it may everything: another user has to try
    writeFileSync(at('secret.mp4'), readFileSync(at('good.mp4')), { mode: isRoot ? 0o600 : 0 });
    mkdirSync(at('theirs'));
    chmodSync(at('theirs'), 0o555);
    await binary();
    chmodSync(folder, 0o755);
    try {
      if (isRoot) process.seteuid!(65534);
      await assert.rejects(run('secret.mp4'), { code: 'SOURCE_UNREADABLE' });
      await assert.rejects(run('good.mp4', { output: at('theirs/out.mp4') }), { code: 'OUTPUT_UNWRITABLE' });
    } finally {
      if (isRoot) process.seteuid!(0);
    }
    assert.deepEqual(readdirSync(at('theirs')), []);
  });
  it('rejects a frame size beyond the limit of the codec', async () => {
    await ff('-f', 'lavfi', '-i', 'color=gray:size=7680x4320,trim=end_frame=1', '-frames:v', '1', at('8k.png'));
    const { message } = await refuses('FRAME_TOO_LARGE', '8k.png', { output: at('8k.mp4') }, 4);
    assert.match(message, /30720×17280/);
  });
  it('rejects a range after the end of the video', async () => {
    const { remedy } = await refuses('BAD_SETTING', 'good.mp4', { trim: { start: 99, end: null } });
    assert.match(remedy, /lasts 2\.4/);
  });
  it('rejects an unknown output format, and a codec that the container does not support', async () => {
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
    it(`accepts the file name ${JSON.stringify(name)}`, async () => {
      copyFileSync(at('good.mp4'), at(name));
      const output = at(`out of ${name}`);
      await run(name, { output });
      assert.equal((await times(output)).seconds.length, 60);
    });
  }

  it('treats an image as a video of one frame', async () => {
    await ff('-f', 'lavfi', '-i', 'testsrc2=size=64x36', '-frames:v', '1', at('still %02d.png'.replace('%02d', '1')));
    copyFileSync(at('still 1.png'), at('still %02d.png'));
    await run('still %02d.png', { output: at('still.mkv'), codec: 'ffv1' });
    assert.equal((await times(at('still.mkv'))).seconds.length, 1);
  });

  it('an ffmpeg that may not use the work folder, such as that of snap, is named', async function () {
    if (process.platform === 'win32') this.skip();
    const { path } = await binary();
    const deny = `case "$one" in */.*.remaster/*) echo "[error] $one: Permission denied" >&2; exit 1 ;; esac`;
    const script = `#!/bin/sh\nfor one in "$@"; do ${deny}; done\nexec '${path}' "$@"\n`;
    writeFileSync(at('confined'), script, { mode: 0o755 });
    const { message, remedy } = await refuses('OUTPUT_UNWRITABLE', 'good.mp4', {}, 2, at('confined'));
    assert.match(message, /confined may not write where remaster may: .*out\.mp4\.remaster.*\.nut\.$/);
    assert.match(remedy, /snap/);
  });

  it('lists the paths tried when no ffmpeg is found', async () => {
    writeFileSync(at('fake-ffmpeg'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    assert.equal((await searchFfmpeg(at('none'))).found, null);
    const { found, tried } = await searchFfmpeg(at('fake-ffmpeg'));
    assert.equal(found, null);
    assert.match(tried[0]!.reason, /output is not that of ffmpeg/);
  });
});

/** A file that tells whether a program has opened it: without a reader, a FIFO cannot be opened for writing. */
function fifo(path: string): { isOpened(): boolean; remove(): void } {
  execFileSync('mkfifo', [path]);
  let isOpened = false;
  const look = (): void => {
    try {
      closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
      isOpened = true;
    } catch {
      // no one reads it: ENXIO
    }
  };
  const watch = setInterval(look, 2);
  return {
    isOpened: () => isOpened,
    remove() {
      clearInterval(watch);
      rmSync(path, { force: true });
    },
  };
}
