import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../../../../src/engine/client/engine';
import type { LiveEvents, RunningLive } from '../../../../src/engine/client/liveClient';
import type { CameraState, LiveJob, LiveJpeg, LiveProgress } from '../../../../src/settings/liveJob';
import { enginesAndFfmpegs } from '../../../support/processes';
import { binary } from '../../../support/videos';
import { type Camera, type CameraOptions, numberOf, startCamera } from './httpCamera';
import { at, liveJob, pattern } from './liveJob';
import { type Proxy, startProxy } from './proxy';

/** The events of a job so far. */
interface Watched {
  readonly running: RunningLive;
  readonly states: CameraState[];
  readonly frames: LiveJpeg[];
  readonly progress: LiveProgress[];
  readonly troubles: string[];
  /** Waits until `isSo`; after a timeout, fails with the events so far. */
  until(isSo: () => boolean, what: string, limitMs?: number): Promise<void>;
  /** Waits for `count` more JPEGs. */
  more(count: number, limitMs?: number): Promise<void>;
}

describe('a live job', function () {
  this.timeout(120_000);
  const engines: Engine[] = [];
  const cameras: Camera[] = [];
  const proxies: Proxy[] = [];
  let engine: Engine;

  const camera = async (options?: CameraOptions): Promise<Camera> => {
    const started = await startCamera(options);
    cameras.push(started);
    return started;
  };
  const proxy = async (to: Camera): Promise<Proxy> => {
    const started = await startProxy(Number(new URL(to.url.replace('tcp:', 'http:')).port));
    proxies.push(started);
    return started;
  };

  function watch(job: LiveJob, events: LiveEvents = {}): Watched {
    const states: CameraState[] = [];
    const frames: LiveJpeg[] = [];
    const progress: LiveProgress[] = [];
    const troubles: string[] = [];
    const running = engine.live(job, {
      onCamera: (state) => states.push(state),
      onJpeg(frame) {
        frames.push(frame);
        running.requestJpeg({ newerThan: frame.index });
      },
      onProgress: (now) => progress.push(now),
      onRecoverableError: (error) => troubles.push(error.message),
      ...events,
    });
    running.requestJpeg();
    const until = async (isSo: () => boolean, what: string, limitMs = 40_000): Promise<void> => {
      const end = performance.now() + limitMs;
      while (!isSo()) {
        if (performance.now() > end) {
          assert.fail(
            [what, ...troubles, JSON.stringify(states.slice(-5)), JSON.stringify(progress.at(-1))].join('\n'),
          );
        }
        await sleep(20);
      }
    };
    const more = (count: number, limitMs?: number): Promise<void> => {
      const goal = frames.length + count;
      return until(() => frames.length >= goal, `${count} more JPEGs`, limitMs);
    };
    return { running, states, frames, progress, troubles, until, more };
  }

  /** The frame numbers burnt into JPEGs. */
  async function numbersIn(frames: readonly LiveJpeg[]): Promise<number[]> {
    const { path } = await binary();
    return frames.map(({ data, width, height }) => {
      const args = ['-v', 'error', '-f', 'mjpeg', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'];
      const { stdout } = spawnSync(path, args, { input: data, maxBuffer: 1 << 26 });
      assert.equal(stdout.length, width * height);
      return numberOf(stdout, width, height);
    });
  }
  const rising = (numbers: readonly number[]): boolean => numbers.every((n, i) => i === 0 || n > numbers[i - 1]!);

  beforeEach(() => {
    engine = createEngine(5);
    engines.push(engine);
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((each) => each.close()));
    await Promise.all([...cameras.splice(0), ...proxies.splice(0)].map((each) => each.close()));
    assert.deepEqual(await enginesAndFfmpegs(), [], 'nothing is left');
  });

  it('upscales a test pattern by 4, in order, with consistent statistics', async () => {
    const live = watch(liveJob(pattern('64x36', 10)));
    await live.more(8);
    assert.deepEqual([live.frames[0]!.width, live.frames[0]!.height], [256, 144]);
    assert.ok(rising(live.frames.map(({ index }) => index)));
    await live.until(() => live.progress.length >= 3, 'three reports');
    const { in: came, out, dropped, latency, steps, camera: state } = live.progress.at(-1)!;
    assert.ok(came >= out + dropped && came - out - dropped <= 2, `${came} = ${out} + ${dropped}`);
    assert.ok(latency!.p50 <= latency!.p95 && latency!.p95 <= latency!.p99);
    assert.deepEqual([steps, state.is], [1, 'running']);
    await live.running.stop();
    await live.running.ended;
  });

  for (const kind of ['ts', 'mjpeg'] as const) {
    it(`frames of a camera (${kind}) keep their order and have a low latency`, async () => {
      const eye = await camera({ kind, rate: 8, width: 64, height: 36 });
      const live = watch(liveJob(at(eye.url)));
      await live.more(4);
      live.frames.length = 0;
      const times: number[] = [];
      const seen = live.frames;
      await live.until(() => {
        while (times.length < seen.length) times.push(performance.now());
        return seen.length >= 12;
      }, 'twelve pictures');
      const numbers = await numbersIn(seen.slice(0, 12));
      assert.ok(rising(numbers), numbers.join());
      const ages = numbers.map((n, i) => times[i]! - eye.sentAt[n]!).toSorted((a, b) => a - b);
      assert.ok(ages[0]! > 0, 'no picture comes before it was filmed');
      assert.ok(ages[6]! < 1500, `half are older than ${Math.round(ages[6]!)} ms`);
    });
  }

  it('drops outdated frames, so that the latency stays bounded with a slow model', async () => {
    const eye = await camera({ rate: 25, width: 256, height: 144 });
    const live = watch(liveJob(at(eye.url), { steps: 4 }));
    await live.until(() => (live.progress.at(-1)?.out ?? 0) >= 4, 'four pictures', 90_000);
    const { dropped, ageAtDrop, dropShare, in: came } = live.progress.at(-1)!;
    assert.ok(dropped > came / 2 && dropShare > 0.5, `${dropped} of ${came}`);
    assert.ok(ageAtDrop!.p50 < 200, `dropped at ${ageAtDrop!.p50} ms`); // a frame is replaced as soon as the next arrives
    const [last] = await numbersIn(live.frames.slice(-1));
    const before = eye.sentAt.length;
    assert.ok(before - last! < 25 * 10, `picture ${last} is shown when ${before} is filmed`);
  });

  it('jobs with the same camera and settings share one connection and one inference', async () => {
    const eye = await camera({ rate: 5, width: 64, height: 36 });
    const first = watch(liveJob(at(eye.url)));
    await first.more(1);
    const calls = eye.calls;
    const second = watch(liveJob(at(eye.url), { quality: 30 }));
    await second.more(3);
    assert.equal(eye.calls, calls);
    await first.running.stop();
    await second.more(2);
    assert.equal(eye.viewers, 1);
    await second.running.stop();
    for (let i = 0; i < 100 && eye.viewers > 0; i++) await sleep(20);
    assert.equal(eye.viewers, 0);
  });

  it('begins with the lighter model and smaller frames; a region can be upscaled alone', async () => {
    const eye = await camera({ rate: 25, width: 256, height: 144 });
    const region = { left: 0.25, top: 0.25, width: 0.5, height: 0.5, when: 'always' } as const;
    const live = watch(liveJob(at(eye.url), { overload: 'adapt', budgetMs: 50, region }));
    await live.until(() => live.progress.some(({ out }) => out > 0), 'it begins');
    const begun = live.progress.find(({ out }) => out > 0)!;
    const { isRegionOnly, frameStep, model, modelHeight, width, height } = begun;
    assert.deepEqual([isRegionOnly, frameStep, model, modelHeight, width, height], [true, 1, 'x4-live', 90, 640, 360]);
    await live.more(1);
    assert.equal(live.frames[0]!.width, 640);
    const [number] = await numbersIn(live.frames.slice(-1)); // the stripe is outside the region
    assert.ok(number! > 0 && number! < eye.sentAt.length);
  });

  it('rejects a fallback model with another scale at once', async () => {
    const wrong = liveJob(pattern(), { overload: 'adapt', fallbackModel: 'inpaint' });
    await assert.rejects(engine.live(wrong).ended, { code: 'MODEL_INCOMPATIBLE' });
    assert.throws(() => engine.live(liveJob(pattern(), { fallbackModel: ' ' })), { code: 'BAD_SETTING' });
    const outside = { left: 0.6, top: 0, width: 0.5, height: 1, when: 'always' } as const;
    assert.throws(() => engine.live(liveJob(pattern(), { region: outside })), { code: 'BAD_SETTING' });
  });

  describe('reconnects', () => {
    for (const [name, harm] of [
      ['is cut off', (p: Proxy) => p.cut('end')],
      ['is reset', (p: Proxy) => p.cut('reset')],
      ['stalls', (p: Proxy) => p.stall()],
      ['gets through a trickle only', (p: Proxy) => p.throttle(100)],
      ['is refused', (p: Proxy) => p.refuse()],
    ] as const) {
      it(`after the camera ${name}`, async () => {
        const eye = await camera({ rate: 8, width: 64, height: 36 });
        const wire = await proxy(eye);
        const live = watch(
          liveJob(at(`tcp://127.0.0.1:${wire.port}`), { source: { stall: 2, retryMin: 0.2, retryMax: 1 } }),
        );
        await live.more(2);
        await harm(wire);
        await live.until(() => live.states.some(({ is }) => is === 'waiting'), 'it is noticed');
        const waiting = live.states.find((state) => state.is === 'waiting')!;
        assert.match(waiting.message, /the camera/);
        await wire.mend();
        await live.until(() => live.states.at(-1)!.is === 'running', 'it runs again');
        await live.more(2);
      });
    }

    it('with another resolution, without a corrupt frame', async () => {
      const eye = await camera({ rate: 8, width: 64, height: 36 });
      const live = watch(liveJob(at(eye.url), { source: { retryMin: 0.2 } }));
      await live.more(2);
      eye.resize(96, 64);
      await live.until(() => live.frames.at(-1)?.width === 384, 'the new size');
      await live.more(2);
      const numbers = await numbersIn(live.frames.slice(-2));
      assert.ok(rising(numbers) && numbers[1]! < eye.sentAt.length, numbers.join());
    });

    it('and distinguishes a rejected password from a lost connection, without printing the password', async () => {
      const login = { username: 'joe', password: 's3cr3t word/@:' };
      const eye = await camera({ kind: 'mjpeg', login, rate: 8, width: 64, height: 36 });
      const wrong = watch(liveJob(at(eye.url, { username: 'joe', password: 'wr0ng-pass' })));
      await wrong.until(() => wrong.states.some(({ is }) => is === 'waiting'), 'it is refused');
      const state = wrong.states.find((each) => each.is === 'waiting')!;
      assert.deepEqual([state.code, state.message], ['AUTH_FAILED', 'the camera rejected the user name or password.']);
      const sent = `Basic ${Buffer.from('joe:wr0ng-pass').toString('base64')}`;
      assert.ok(eye.logins.includes(sent), 'without any login it would be refused, too');
      assert.doesNotMatch(JSON.stringify([wrong.states, wrong.troubles]), /wr0ng/);
      const right = watch(liveJob(at(eye.url, login)));
      await right.more(1);
    });

    it('automatically after the engine was killed', async () => {
      const eye = await camera({ rate: 8, width: 64, height: 36 });
      const live = watch(liveJob(at(eye.url)));
      await live.more(2);
      const old = engine.pid!;
      const { calls } = eye;
      process.kill(old, 'SIGKILL');
      await live.until(() => live.troubles.some((text) => /engine/.test(text)), 'a report of the restart');
      await live.more(3);
      assert.notEqual(engine.pid, old);
      assert.deepEqual([eye.viewers, eye.calls], [1, calls + 1], 'what it sends was known');
    });
  });

  it('stops within three seconds, also while connecting and while the camera stalls', async () => {
    const eye = await camera({ rate: 8, width: 64, height: 36 });
    const wire = await proxy(eye);
    for (const prepare of [async () => wire.stall(), async () => wire.mend()]) {
      await prepare();
      const live = watch(liveJob(at(`tcp://127.0.0.1:${wire.port}`)));
      await live.until(() => live.states.some(({ is }) => is === 'connecting'), 'connecting');
      await sleep(500);
      const started = performance.now();
      await live.running.stop();
      assert.ok(performance.now() - started < 3000);
    }
  });

  it('an invalid job is rejected at once or ends with an error', async () => {
    assert.throws(() => engine.live(liveJob(at('file:///etc/passwd'))), { code: 'BAD_SETTING' });
    assert.throws(() => engine.live(liveJob(pattern(), { budgetMs: 0 })), { code: 'BAD_SETTING' });
    await assert.rejects(engine.live(liveJob(pattern(), { model: 'nothing' })).ended, { code: 'MODEL_NOT_FOUND' });
  });
});
