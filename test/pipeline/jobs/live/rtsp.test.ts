import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../../../../src/engine/client/engine';
import type { RunningLive } from '../../../../src/engine/client/liveClient';
import type { CameraState, LiveJpeg } from '../../../../src/settings/liveJob';
import { enginesAndFfmpegs } from '../../../support/processes';
import { root } from '../../../support/root';
import { binary, description, scratchFolder } from '../../../support/videos';
import { at, liveJob, pattern } from './liveJob';
import { freePort } from './peer';

/** Debian's Python, which has the packages of the server. */
const PYTHON = '/usr/bin/python3';

describe('an RTSP camera', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  let engine: Engine;
  let server: ChildProcess | null = null;

  const serve = (port: number, ...login: string[]): Promise<ChildProcess> => run(port, '64x36', '8', ...login);
  async function run(port: number, ...what: readonly string[]): Promise<ChildProcess> {
    const child = spawn(PYTHON, [join(root, 'test/pipeline/jobs/live/rtspServer.py'), String(port), ...what]);
    child.stderr.resume();
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', () => reject(new Error('the RTSP server does not start')));
    });
    return (server = child);
  }

  before(function () {
    const needs = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
    if (existsSync(PYTHON) && spawnSync(PYTHON, ['-c', needs]).status === 0) return;
    process.stdout.write('    no gir1.2-gst-rtsp-server-1.0 for /usr/bin/python3: RTSP is not tried\n');
    this.skip();
  });
  beforeEach(() => (engine = createEngine(5)));
  afterEach(async () => {
    await engine.close();
    server?.kill('SIGKILL');
    server = null;
    assert.deepEqual(await enginesAndFfmpegs(), [], 'nothing is left');
  });

  function watch(address: string, changes: object = {}, source: object = {}) {
    const frames: LiveJpeg[] = [];
    const states: CameraState[] = [];
    const running = engine.live(liveJob(at(address, changes), { source: { retryMin: 0.3, stall: 3, ...source } }), {
      onJpeg(frame) {
        frames.push(frame);
        running.requestJpeg({ newerThan: frame.index });
      },
      onCamera: (state) => states.push(state),
    });
    running.requestJpeg();
    const until = async (isSo: () => boolean): Promise<void> => {
      for (let i = 0; i < 1500 && !isSo(); i++) await sleep(20);
      assert.ok(isSo(), JSON.stringify(states.slice(-4)));
    };
    return { running, frames, states, until };
  }

  for (const transport of ['auto', 'tcp', 'udp'] as const) {
    it(`connects over ${transport}`, async () => {
      const port = await freePort();
      await serve(port);
      const live = watch(`rtsp://127.0.0.1:${port}/cam`, { transport });
      await live.until(() => live.frames.length >= 3);
      const state = live.states.at(-1)!;
      assert.deepEqual([state.is === 'running' && [state.width, state.height]], [[64, 36]]);
    });
  }

  it('authenticates without the password in the process list; reports a wrong password or path', async () => {
    const port = await freePort();
    await serve(port, 'joe', 's3cret-s3cret');
    const login = { username: 'joe', password: 's3cret-s3cret' };
    const live = watch(`rtsp://127.0.0.1:${port}/cam`, login);
    await live.until(() => live.frames.length >= 2);
    const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
    const shown = list.filter((line) => /s3cret-s3cret/.test(line) && !/rtspServer/.test(line));
    assert.deepEqual(shown, []);
    const wrong = watch(`rtsp://127.0.0.1:${port}/cam`, { ...login, password: 'wr0ng' });
    await wrong.until(() => wrong.states.some((state) => state.is === 'waiting' && state.code === 'AUTH_FAILED'));
    assert.doesNotMatch(JSON.stringify(wrong.states), /wr0ng|s3cret/);
    const lost = watch(`rtsp://127.0.0.1:${port}/nothing`, login);
    const isLost = (state: CameraState): boolean =>
      state.is === 'waiting' && state.message === 'the camera has no such stream.';
    await lost.until(() => lost.states.some(isLost));
  });

  for (const kind of ['basic', 'digest'] as const) {
    it(`receives a stream with ${kind} authentication, without the password in the process list`, async () => {
      const port = await freePort();
      const file = join(folder, `${kind}.ts`);
      const password = 's3cret"s3cret';
      await run(port, file, kind, 'joe', password);
      const heard: string[] = [];
      const push = (given: string): RunningLive => {
        const address = `rtsp://127.0.0.1:${port}/cam`;
        const target = { kind: 'push', address, username: 'joe', password: given } as const;
        return engine.live(liveJob(pattern('64x36', 8), { target }), {
          onRecoverableError: ({ message, detail }) => heard.push(message + detail),
        });
      };
      const running = push(password);
      const until = async (isSo: () => boolean): Promise<void> => {
        for (let i = 0; i < 1500 && !isSo(); i++) await sleep(20);
        assert.ok(isSo(), heard.join('\n'));
      };
      await until(() => existsSync(file) && statSync(file).size > 10_000);
      const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
      assert.deepEqual(
        list.filter((line) => /s3cret/.test(line) && !/rtspServer/.test(line)),
        [],
      );
      await running.stop();
      assert.match(await description(file), /Video: h264.*256x144/);
      push('wr0ng-wr0ng');
      await until(() => heard.some((text) => /401/.test(text)));
      assert.doesNotMatch(heard.join(), /wr0ng|s3cret/);
    });
  }

  it('reconnects after a freeze and after a restart', async () => {
    const port = await freePort();
    const first = await serve(port);
    const live = watch(`rtsp://127.0.0.1:${port}/cam`);
    await live.until(() => live.frames.length >= 2);
    const again = async (): Promise<void> => {
      const lost = live.states.length;
      await live.until(() => live.states.slice(lost).some(({ is }) => is === 'running'));
      const seen = live.frames.length;
      await live.until(() => live.frames.length >= seen + 2);
    };
    first.kill('SIGSTOP');
    await live.until(() => live.states.at(-1)!.is !== 'running');
    first.kill('SIGCONT');
    await again();
    first.kill('SIGKILL');
    await live.until(() => live.states.at(-1)!.is !== 'running');
    await serve(port);
    await again();
  });
});

describe('an RTSP server as target', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  let engine: Engine;
  beforeEach(() => (engine = createEngine(5)));
  afterEach(async () => {
    await engine.close();
    assert.deepEqual(await enginesAndFfmpegs(), [], 'nothing is left');
  });

  it('receives the stream, and again after a restart', async () => {
    const { path } = await binary();
    const port = await freePort();
    const address = `rtsp://127.0.0.1:${port}/door`;
    const listen = (file: string): ChildProcess => {
      const child = spawn(path, [
        '-v',
        'error',
        '-rtsp_flags',
        'listen',
        '-i',
        address,
        '-c',
        'copy',
        '-f',
        'matroska',
        '-flush_packets',
        '1',
        '-y',
        file,
      ]);
      child.stderr.resume();
      return child;
    };
    const size = (file: string): number => (existsSync(file) ? statSync(file).size : 0);
    const troubles: string[] = [];
    const target = { kind: 'push', address, username: null, password: null } as const;
    const running = engine.live(liveJob(pattern('64x36', 8), { target }), {
      onRecoverableError: (error) => troubles.push(error.message),
    });
    const [one, two] = [join(folder, 'one.mkv'), join(folder, 'two.mkv')];
    const received = async (file: string): Promise<ChildProcess> => {
      const child = listen(file);
      for (let i = 0; i < 1000 && size(file) < 20_000; i++) await sleep(20);
      assert.ok(size(file) >= 20_000, `${file}: ${troubles.join()}`);
      return child;
    };
    (await received(one)).kill('SIGKILL');
    assert.match(await description(one), /Video: h264.*256x144/);
    const second = await received(two);
    assert.ok(troubles.length > 0);
    await running.stop();
    second.kill('SIGKILL');
  });
});
