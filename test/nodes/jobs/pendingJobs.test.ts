import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import { PendingJobs, type PendingJob } from '../../../nodes/jobs/pendingJobs';
import type { Outcome } from '../../../nodes/jobs/resumableJob';
import type { Engine, JobEvents, RunningJob } from '../../../src/engine/client/engine';
import { RemasterError, StoppedError } from '../../../src/errors';
import { JOB_DEFAULTS, type Job, type Result } from '../../../src/settings/restoreJob';

/** An engine that runs one job at a time; the test decides when it ends. */
class FakeEngine implements Pick<Engine, 'run'> {
  readonly log: string[] = [];
  readonly queue: {
    name: string;
    events: JobEvents;
    resolve: (result: Result) => void;
    reject: (error: unknown) => void;
  }[] = [];

  run(job: Job, events: JobEvents = {}): RunningJob {
    const name = job.output;
    this.log.push(`run ${name}`);
    const result = new Promise<Result>((resolve, reject) => {
      this.queue.push({ name, events, resolve, reject });
    });
    const entry = this.queue.at(-1)!;
    this.#notify();
    const end = async (how: 'stop' | 'suspend'): Promise<void> => {
      await tick();
      if (!this.queue.includes(entry)) return;
      this.log.push(`${how} ${name}`);
      this.#remove(entry);
      entry.reject(new StoppedError(how === 'suspend'));
    };
    return { id: name, result, stop: () => end('stop'), suspend: () => end('suspend') };
  }
  async ask(what: string, { output }: { output?: string }): Promise<never> {
    this.log.push(`${what} ${output ?? ''}`);
    return null as never;
  }
  finish(): void {
    const [first] = this.queue;
    this.#remove(first!);
    first!.resolve({ output: first!.name } as Result);
  }
  fail(error: unknown): void {
    const [first] = this.queue;
    this.#remove(first!);
    first!.reject(error);
  }
  progress(frame: number): void {
    this.queue[0]!.events.onProgress?.({
      stage: 'restoring',
      frame,
      total: 100,
      share: frame / 100,
      fps: 1,
      eta: null,
      cacheStats: null,
    });
  }
  #remove(entry: (typeof this.queue)[number]): void {
    this.queue.splice(this.queue.indexOf(entry), 1);
    this.#notify();
  }
  #notify(): void {
    for (const [position, { events }] of this.queue.entries()) events.onQueued?.(position);
  }
}

describe('pending jobs', () => {
  let engine: FakeEngine;
  let jobs: PendingJobs<PendingJob>;
  let ends: string[];
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 5; n++) await tick();
  };
  const order = (output: string): PendingJob => ({
    job: { ...JOB_DEFAULTS, input: 'in', output },
    engine: engine as unknown as Engine,
    queuePassword: null,
    onProgress: () => {},
    onEnd: (outcome: Outcome) => ends.push(`${output} ${outcome.status}`),
  });

  beforeEach(() => {
    engine = new FakeEngine();
    ends = [];
    jobs = new PendingJobs(() => {});
  });

  it('runs jobs in sequence and ends each exactly once', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    assert.deepEqual(jobs.state, { is: 'running', progress: null });
    engine.finish();
    await settle();
    engine.fail(new RemasterError('DISK_FULL', ''));
    await settle();
    assert.deepEqual([ends, jobs.state.is, jobs.isEmpty], [['a done', 'b failed'], 'empty', true]);
  });

  it('returns its position while the job of another node runs', () => {
    engine.run({ ...JOB_DEFAULTS, input: 'x', output: 'other' });
    jobs.add(order('a'));
    assert.deepEqual(jobs.state, { is: 'queued', position: 1 });
  });

  it('pauses and resumes all jobs in order', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    engine.progress(40);
    await jobs.pause();
    jobs.add(order('c'));
    assert.equal(jobs.state.is, 'paused');
    assert.deepEqual([engine.queue.length, ends], [0, []]);
    jobs.resume();
    assert.deepEqual(engine.log, ['run a', 'run b', 'suspend a', 'suspend b', 'run a', 'run b', 'run c']);
  });

  it('continues a job that is resumed while it is being suspended', async () => {
    jobs.add(order('a'));
    const pausing = jobs.pause();
    jobs.resume();
    await pausing;
    await settle();
    assert.deepEqual(engine.log, ['run a', 'suspend a', 'run a']);
    assert.deepEqual(ends, []);
  });

  it('stops all jobs, including paused ones', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    await jobs.stop();
    await settle();
    assert.deepEqual(ends, ['a stopped', 'b stopped']);
    jobs.add(order('c'));
    await jobs.pause();
    await jobs.stop();
    await settle();
    assert.deepEqual(ends, ['a stopped', 'b stopped', 'c stopped']);
    assert.equal(engine.log.at(-1), 'discard c'); // the segments kept by the pause
    assert.equal(jobs.isPaused, false);
  });

  it('a paused job that is stopped does not run when the others are resumed', async () => {
    const [a] = ['a', 'b'].map((name) => jobs.add(order(name)));
    await jobs.pause();
    const stopping = a!.end('stop');
    jobs.resume();
    await stopping;
    await settle();
    assert.deepEqual([ends, engine.queue.map(({ name }) => name)], [['a stopped'], ['b']]);
  });

  it('skips the current job', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    await jobs.skip();
    await settle();
    assert.deepEqual([ends, engine.queue.map(({ name }) => name)], [['a stopped'], ['b']]);
  });

  it('restarts at the first frame without ending the job', async () => {
    jobs.add(order('a'));
    await jobs.restart();
    await settle();
    assert.deepEqual([engine.log, ends], [['run a', 'stop a', 'discard a', 'run a'], []]);
    engine.finish();
    await settle();
    assert.deepEqual(ends, ['a done']);
  });

  it('suspends all jobs and returns the unfinished ones, without further events', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    const suspending = jobs.suspendAll();
    engine.finish(); // ends at the last moment
    const unfinished = await suspending;
    await settle();
    assert.deepEqual([unfinished.map(({ job }) => job.output), ends], [['b'], ['a done']]);
  });

  it('a job that the engine refuses at once has failed, and does not stay', async () => {
    engine.run = () => {
      throw new RemasterError('BAD_SETTING', '');
    };
    jobs.add(order('a'));
    await settle();
    assert.deepEqual([ends, jobs.isEmpty], [['a failed'], true]);
  });

  it('counts a job that the engine suspended without a request as stopped', async () => {
    jobs.add(order('a'));
    engine.fail(new StoppedError(true));
    await settle();
    assert.deepEqual(ends, ['a stopped']);
  });
});
