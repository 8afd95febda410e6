import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine, type Engine } from '../../../src/engine/client/engine';
import { extractImages } from '../../../src/engine/client/imageStreams';
import { StoppedError } from '../../../src/errors';
import { workFolder } from '../../../src/pipeline/jobs/workFolder';
import { FRAMES_DEFAULTS } from '../../../src/settings/framesJob';
import { type Job, JOB_DEFAULTS, type Progress } from '../../../src/settings/restoreJob';
import { liveJob, pattern as testPattern } from '../../pipeline/jobs/live/liveJob';
import { descendants, enginesAndFfmpegs, isFfmpeg, processes, runningEngines } from '../../support/processes';
import { ff, moving, pixels, scratchFolder, times } from '../../support/videos';

describe('engine', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const engines: Engine[] = [];
  const engine = (idleSeconds?: number): Engine => {
    const created = createEngine(idleSeconds);
    engines.push(created);
    return created;
  };
  let count = 0;
  const job = (changes: Partial<Job> = {}): Job => ({
    ...JOB_DEFAULTS,
    model: 'x4',
    steps: 1,
    input: at('short.mp4'),
    output: at(`out ${count++}.mkv`),
    codec: 'ffv1',
    ...changes,
  });
  /** A job that runs long enough to be interrupted. */
  const longJob = (changes: Partial<Job> = {}): Job => job({ input: at('long.mp4'), ...changes });

  /** Starts a job; `first` settles when it has restored a frame. */
  function runUntilFirstFrame(worker: Engine, started: Job) {
    let onFrame = (): void => {};
    const first = new Promise<void>((resolve) => (onFrame = resolve));
    const running = worker.run(started, { onProgress: ({ frame }) => frame > 0 && onFrame() });
    return { running, first: Promise.race([first, running.result]) };
  }

  /** Waits up to three seconds until no process matches. */
  async function gone(pattern: RegExp): Promise<void> {
    for (let i = 0; i < 60 && processes(pattern).length > 0; i++) await sleep(50);
    assert.deepEqual(processes(pattern), []);
  }
  const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.') || /partial/.test(name));

  before(async function () {
    this.timeout(120_000);
    await ff(...moving('48x32', '25', 8), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('short.mp4'));
    await ff(...moving('48x32', '25', 260), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('long.mp4'));
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((each) => each.close()));
    assert.deepEqual(await runningEngines(), []);
    assert.deepEqual(leftovers(), []);
  });

  it('restores a video at four times the size and reports rising progress', async () => {
    const seen: Progress[] = [];
    const wanted = job();
    const result = await engine().run(wanted, { onProgress: (progress) => seen.push(progress) }).result;
    assert.deepEqual([result.framesIn, result.framesOut, result.width, result.height], [8, 8, 192, 128]);
    assert.deepEqual([result.model.name, result.model.provider, result.model.steps], ['x4', 'cpu', 1]);
    assert.equal((await times(wanted.output)).seconds.length, 8);
    assert.deepEqual(
      seen.map(({ frame }) => frame),
      seen.map(({ frame }) => frame).toSorted((a, b) => a - b),
    );
    assert.equal(seen.at(-1)!.stage, 'finishing');
  });

  it('handles requests while a job runs', async () => {
    const worker = engine();
    const { running, first } = runUntilFirstFrame(worker, longJob());
    await first;
    const summary = await worker.ask('probe', { input: at('short.mp4') });
    assert.deepEqual(
      [summary.width, summary.height, summary.fps, summary.frames, summary.audio],
      [48, 32, 25, 8, false],
    );
    await assert.rejects(worker.ask('probe', { input: at('none.mp4') }), { code: 'SOURCE_NOT_FOUND' });
    assert.ok((await worker.ask('models', {})).some(({ name, problem }) => name === 'x4' && problem === null));
    await worker.ask('thumbnail', { input: at('short.mp4'), at: 0.1, output: at('thumb.png'), width: 24 });
    assert.ok(statSync(at('thumb.png')).size > 100);
    await running.stop();
  });

  it('doctor reports what works, and test measures a model', async () => {
    const worker = engine();
    const { lines } = await worker.ask('doctor', { folder });
    for (const what of ['machine', 'ffmpeg', 'onnxruntime', 'provider cpu', 'model x4', 'writing']) {
      assert.ok(
        lines.some((line) => line.what === what && line.ok !== false),
        what,
      );
    }
    assert.ok(lines.some((line) => line.what === 'provider cuda' && line.found.length > 10));
    const { provider, ms, tile } = await worker.ask('test', {
      model: 'x4',
      provider: 'auto',
      device: 0,
      threads: 0,
      loadLimit: null,
      steps: 1,
    });
    assert.ok(provider === 'cpu' && ms > 0 && tile[0] === 128);
  });

  it('closing settles when everything that ran is gone: no process, no file, no folder', async () => {
    await enginesAndFfmpegs(); // proves that it sees them, which takes a while
    const worker = engine();
    const film = runUntilFirstFrame(worker, longJob({ resume: false }));
    let onJpeg = (): void => {};
    const shown = new Promise<void>((resolve) => (onJpeg = resolve));
    const target = { kind: 'fragments' } as const;
    const camera = worker.live(liveJob(testPattern(), { target }), { onJpeg });
    camera.requestJpeg();
    const images = extractImages(worker, { ...FRAMES_DEFAULTS, input: at('long.mp4') });
    await Promise.all([film.first, shown, images.next()]);
    const probing = worker.ask('probe', { input: at('long.mp4') }).catch(() => null);
    const pids = descendants(process.pid).filter((one) => isFfmpeg(one) || one.pid === worker.pid);
    assert.ok(pids.length >= 4, 'an engine, a decoder, an encoder and a camera');
    await worker.close();
    assert.deepEqual(await enginesAndFfmpegs(), []);
    assert.deepEqual(leftovers(), []);
    await assert.rejects(film.running.result, StoppedError);
    await Promise.all([camera.ended, images.next().catch(() => null), probing]);
  });

  it('runs jobs in order and reports their positions in the queue', async () => {
    const worker = engine();
    const positions: Record<string, number[]> = { a: [], b: [], c: [] };
    const jobs = Object.keys(positions).map((name) =>
      worker.run(job(), { onQueued: (position) => positions[name]!.push(position) }),
    );
    await jobs[1]!.stop();
    await assert.rejects(jobs[1]!.result, StoppedError);
    await Promise.all([jobs[0]!.result, jobs[2]!.result]);
    assert.deepEqual(positions, { a: [0], b: [1], c: [2, 1, 0] });
  });

  it('a stopped job ends within three seconds and leaves no process and no file', async () => {
    const wanted = longJob();
    const { running, first } = runUntilFirstFrame(engine(), wanted);
    await first;
    const started = performance.now();
    await running.stop();
    assert.ok(performance.now() - started < 3500);
    await assert.rejects(running.result, StoppedError);
    assert.ok(!existsSync(wanted.output));
    await gone(new RegExp(`ffmpeg.*${folder}`));
  });

  it('after kill -9 the job fails with ENGINE_CRASHED, its ffmpeg and files are gone, and the next job runs', async () => {
    const worker = engine();
    const killed = longJob({ resume: false });
    const { running, first } = runUntilFirstFrame(worker, killed);
    await first;
    const waiting = worker.run(job());
    assert.ok(existsSync(workFolder(killed.output)));
    process.kill(worker.pid!, 'SIGKILL');
    await assert.rejects(running.result, { code: 'ENGINE_CRASHED' });
    assert.ok(!existsSync(workFolder(killed.output)));
    await gone(new RegExp(`ffmpeg.*long`));
    assert.equal((await waiting.result).framesOut, 8);
  });

  it('a job that may resume survives a crash of the engine', async function () {
    this.timeout(120_000);
    const worker = engine();
    const wanted = longJob({ resume: true });
    let killed = false;
    const { result } = worker.run(wanted, {
      onProgress: ({ frame }) => {
        if (killed || frame < 120) return;
        killed = true;
        process.kill(worker.pid!, 'SIGKILL');
      },
    });
    const { framesOut, resumedFrom } = await result;
    assert.equal(framesOut, 260);
    assert.ok(resumedFrom >= 100, `resumed from ${resumedFrom}`);
    const plain = longJob();
    await worker.run(plain).result;
    assert.ok((await pixels(wanted.output)).equals(await pixels(plain.output)));
  });

  it('an idle engine exits, and starts again with the next job', async () => {
    const worker = engine(0.3);
    await worker.run(job()).result;
    assert.ok(worker.pid !== null);
    for (let i = 0; i < 60 && worker.pid !== null; i++) await sleep(50);
    assert.equal(worker.pid, null);
    assert.equal((await worker.run(job()).result).framesOut, 8);
  });

  it('a request sent while an idle engine exits is not lost', async () => {
    const worker = engine(0.05);
    await worker.ask('models', {});
    const pids = new Set<number | null>();
    for (let i = 0; i < 25; i++) {
      await sleep(35 + i); // around the moment at which it exits
      assert.ok((await worker.ask('models', {})).length > 0);
      pids.add(worker.pid);
    }
    assert.ok(pids.size > 1, 'it never exited');
  });

  it('stopping a suspended job deletes the segments of its earlier run, whenever it is stopped', async () => {
    const worker = engine();
    const wanted = longJob({ resume: true });
    const suspended = async (): Promise<void> => {
      const running = worker.run(wanted, { onProgress: ({ frame }) => void (frame > 110 && running.suspend()) });
      await assert.rejects(running.result, StoppedError);
      assert.ok(existsSync(workFolder(wanted.output)));
    };
    await suspended();
    await worker.run(wanted).stop(); // before it has started
    assert.ok(!existsSync(workFolder(wanted.output)));
    await suspended();
    const [first, waiting] = [worker.run(job()), worker.run(wanted)];
    await waiting.stop();
    assert.ok(!existsSync(workFolder(wanted.output)));
    await first.result;
    await suspended();
    await worker.ask('discard', { output: wanted.output });
    assert.ok(!existsSync(workFolder(wanted.output)));
  });

  it('an invalid job is rejected at once', () => {
    const worker = engine();
    assert.throws(() => worker.run(job({ steps: 0 })), { code: 'BAD_SETTING' });
    assert.throws(() => worker.run(job({ output: at('short.mp4') })), { code: 'BAD_SETTING' });
    assert.throws(() => worker.run(job({ output: at('out.txt') })), { code: 'BAD_SETTING' });
    assert.equal(worker.pid, null);
  });

  it('a missing model fails with MODEL_NOT_FOUND', async () => {
    await assert.rejects(engine().run(job({ model: 'nothing' })).result, { code: 'MODEL_NOT_FOUND' });
  });
});
