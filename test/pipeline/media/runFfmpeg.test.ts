import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FfmpegBinary } from '../../../src/pipeline/media/findFfmpeg';
import { runFfmpeg, runFfmpegForText } from '../../../src/pipeline/media/runFfmpeg';
import { processes } from '../../support/processes';
import { binary, scratchFolder } from '../../support/videos';

const never = new AbortController().signal;
const ENDLESS = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=32x32', '-f', 'null', '-'];

describe('runFfmpeg', () => {
  const folder = scratchFolder();

  /** A program instead of ffmpeg that prints this on stderr and exits. */
  async function fake(stderr: string, code: number): Promise<FfmpegBinary> {
    const path = join(folder, `fake ${code}`);
    writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' '${stderr}' >&2\nexit ${code}\n`, { mode: 0o755 });
    return { ...(await binary()), path };
  }

  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('resolves when ffmpeg has succeeded, whatever it has said', async () => {
    await using ffmpeg = runFfmpeg(await fake('a warning', 0), [], never);
    await ffmpeg.ended;
    assert.equal(ffmpeg.stderrTail(), 'a warning\n');
  });

  it('rejects with the last line that a failed ffmpeg has said', async () => {
    await using ffmpeg = runFfmpeg(await fake('first\nthe reason', 3), [], never);
    await assert.rejects(ffmpeg.ended, { code: 'ENCODE_FAILED', message: 'ffmpeg ended with code 3: the reason' });
  });

  it('decides nothing by what ffmpeg prints', async () => {
    const says = 'av_interleaved_write_frame(): No space left on device';
    await using success = runFfmpeg(await fake(says, 0), [], never);
    await success.ended;
    await using failure = runFfmpeg(await fake(says, 1), [], never);
    await assert.rejects(failure.ended, { code: 'ENCODE_FAILED', message: `ffmpeg ended with code 1: ${says}` });
  });

  it('returns what a program prints, whatever its exit code', async () => {
    assert.deepEqual(await runFfmpegForText(await fake('a message', 1), [], never), {
      stdout: '',
      stderr: 'a message\n',
    });
    assert.match((await runFfmpegForText(await binary(), ['-version'], never)).stdout, /^ffmpeg version/);
  });

  it('reports a program that cannot be started', async () => {
    const missing = { ...(await binary()), path: join(folder, 'none') };
    await using ffmpeg = runFfmpeg(missing, [], never);
    await assert.rejects(ffmpeg.ended, { code: 'FFMPEG_MISSING' });
    await assert.rejects(runFfmpegForText(missing, [], never), { code: 'FFMPEG_MISSING' });
  });

  it('a process that lacks file descriptors gets an error, and goes on', () => {
    const script = `
      const { closeSync, openSync } = require('node:fs');
      const { runFfmpeg, runFfmpegForText } = require(${JSON.stringify(require.resolve('../../../src/pipeline/media/runFfmpeg'))});
      const { runFluent } = require(${JSON.stringify(require.resolve('../../../src/pipeline/media/runFluent'))});
      const signal = new AbortController().signal;
      const binary = { path: '/bin/sh' };
      void (async () => {
        console.log('ready'); // opens stdout
        const open = [];
        try { for (;;) open.push(openSync('/dev/null', 'r')); } catch {}
        const ffmpeg = runFfmpeg(binary, [], signal, 2);
        const errors = [
          await ffmpeg.ended.catch(({ code, message }) => code + ' ' + message),
          await runFfmpegForText(binary, [], signal).catch(({ code, message }) => code + ' ' + message),
          await runFluent({}, signal),
        ];
        let read = 0;
        for (const stream of [ffmpeg.stdout, ffmpeg.stderr, ...ffmpeg.pipes]) for await (const _ of stream) read++;
        ffmpeg.stdin.write('x');
        await ffmpeg.quit(10);
        await ffmpeg[Symbol.asyncDispose]();
        open.forEach(closeSync);
        console.log(JSON.stringify([...errors, ffmpeg.pipes.length, read]));
      })();`;
    const limited = ['-c', 'ulimit -n 40; exec "$0" -e "$1"', process.execPath, script];
    const { status, stdout, stderr } = spawnSync('/bin/sh', limited, { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    const [full, text, fluent, pipes, read] = JSON.parse(stdout.split('\n')[1]!) as unknown[];
    assert.equal(full, 'FFMPEG_MISSING /bin/sh could not be started: spawn /bin/sh EMFILE');
    assert.equal(text, full);
    assert.match(fluent as string, /EMFILE/);
    assert.deepEqual([pipes, read], [2, 0]);
  });

  it('an abort rejects when the process has exited, not before', async () => {
    const stop = new AbortController();
    const ended = runFfmpegForText(
      await binary(),
      [...ENDLESS.slice(0, 4), 'testsrc=size=34x34', '-f', 'null', '-'],
      stop.signal,
    );
    const isRunning = (): boolean => processes(/ffmpeg.*testsrc=size=34x34/).length > 0;
    while (!isRunning()) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error('enough'));
    await assert.rejects(ended, /enough/);
    assert.equal(isRunning(), false);
  });

  it('an abort kills it and rejects with the reason', async () => {
    const reason = new Error('enough');
    for (const run of [
      async (signal: AbortSignal) => runFfmpeg(await binary(), ENDLESS, signal).ended,
      async (signal: AbortSignal) => runFfmpegForText(await binary(), ENDLESS, signal),
    ]) {
      const stop = new AbortController();
      const ended = run(stop.signal);
      setTimeout(() => stop.abort(reason), 200);
      await assert.rejects(ended, reason);
      await assert.rejects(run(stop.signal), reason);
    }
    assert.deepEqual(processes(/ffmpeg.*testsrc=size=32x32/), []);
  });

  it('disposing ends it; so does quitting, within the time it is given', async () => {
    const ffmpeg = runFfmpeg(await binary(), ENDLESS, never);
    await ffmpeg[Symbol.asyncDispose]();
    await assert.rejects(ffmpeg.ended, { message: /SIGKILL/ });
    await using other = runFfmpeg(await binary(), ENDLESS, never);
    await other.quit(20_000);
    assert.deepEqual(processes(/ffmpeg.*testsrc=size=32x32/), []);
  });
});
