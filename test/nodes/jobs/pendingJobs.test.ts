import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import { PendingJobs, type PendingJob, type Outcome } from '../../../nodes/jobs/pendingJobs';
import type { Engine, JobEvents, RunningJob } from '../../../src/engine/client/engine';
import { RemasterError, StoppedError } from '../../../src/errors';
import { JOB_DEFAULTS, type Job, type Result } from '../../../src/settings/restoreJob';

/** An engine that does one job at a time and nothing but what the test says. */
class Desk implements Pick<Engine, 'run'> {
  readonly log: string[] = [];
  readonly line: {
    name: string;
    events: JobEvents;
    resolve: (result: Result) => void;
    reject: (error: unknown) => void;
  }[] = [];

  run(job: Job, events: JobEvents = {}): RunningJob {
    const name = job.output;
    this.log.push(`run ${name}`);
    const result = new Promise<Result>((resolve, reject) => {
      this.line.push({ name, events, resolve, reject });
    });
    const entry = this.line.at(-1)!;
    this.#tell();
    const end = async (how: 'stop' | 'suspend'): Promise<void> => {
      await tick();
      if (!this.line.includes(entry)) return;
      this.log.push(`${how} ${name}`);
      this.#leave(entry);
      entry.reject(new StoppedError(how === 'suspend'));
    };
    return { id: name, result, stop: () => end('stop'), suspend: () => end('suspend') };
  }
  async ask(what: string, { output }: { output?: string }): Promise<never> {
    this.log.push(`${what} ${output ?? ''}`);
    return null as never;
  }
  finish(): void {
    const [first] = this.line;
    this.#leave(first!);
    first!.resolve({ output: first!.name } as Result);
  }
  fail(error: unknown): void {
    const [first] = this.line;
    this.#leave(first!);
    first!.reject(error);
  }
  progress(frame: number): void {
    this.line[0]!.events.onProgress?.({
      stage: 'restoring',
      frame,
      total: 100,
      share: frame / 100,
      fps: 1,
      eta: null,
      cacheStats: null,
    });
  }
  #leave(entry: (typeof this.line)[number]): void {
    this.line.splice(this.line.indexOf(entry), 1);
    this.#tell();
  }
  #tell(): void {
    for (const [position, { events }] of this.line.entries()) events.onQueued?.(position);
  }
}

describe('jobs', () => {
  let desk: Desk;
  let jobs: PendingJobs<PendingJob>;
  let ends: string[];
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 5; n++) await tick();
  };
  const order = (output: string): PendingJob => ({
    job: { ...JOB_DEFAULTS, input: 'in', output },
    engine: desk as unknown as Engine,
    onProgress: () => {},
    onEnd: (outcome: Outcome) => ends.push(`${output} ${outcome.status}`),
  });

  beforeEach(() => {
    desk = new Desk();
    ends = [];
    jobs = new PendingJobs(() => {});
  });

  it('runs one after the other and ends each exactly once', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    assert.deepEqual(jobs.standing, { is: 'running', progress: null });
    desk.finish();
    await settle();
    desk.fail(new RemasterError('DISK_FULL', ''));
    await settle();
    assert.deepEqual([ends, jobs.standing.is, jobs.isEmpty], [['a done', 'b failed'], 'empty', true]);
  });

  it('shows its place while another node’s job runs', () => {
    desk.run({ ...JOB_DEFAULTS, input: 'x', output: 'other' });
    jobs.add(order('a'));
    assert.deepEqual(jobs.standing, { is: 'queued', position: 1 });
  });

  it('pauses all and resumes all in order', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    desk.progress(40);
    await jobs.pause();
    jobs.add(order('c'));
    assert.equal(jobs.standing.is, 'paused');
    assert.deepEqual([desk.line.length, ends], [0, []]);
    jobs.resume();
    assert.deepEqual(desk.log, ['run a', 'run b', 'suspend a', 'suspend b', 'run a', 'run b', 'run c']);
  });

  it('goes on when resumed while it was still being suspended', async () => {
    jobs.add(order('a'));
    const pausing = jobs.pause();
    jobs.resume();
    await pausing;
    await settle();
    assert.deepEqual(desk.log, ['run a', 'suspend a', 'run a']);
    assert.deepEqual(ends, []);
  });

  it('stops all, also the paused', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    await jobs.stop();
    await settle();
    assert.deepEqual(ends, ['a stopped', 'b stopped']);
    jobs.add(order('c'));
    await jobs.pause();
    await jobs.stop();
    await settle();
    assert.deepEqual(ends, ['a stopped', 'b stopped', 'c stopped']);
    assert.equal(desk.log.at(-1), 'discard c'); // what its pause had kept
    assert.equal(jobs.isPaused, false);
  });

  it('skips the one whose turn it is', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    await jobs.skip();
    await settle();
    assert.deepEqual([ends, desk.line.map(({ name }) => name)], [['a stopped'], ['b']]);
  });

  it('restarts from the first frame without ending', async () => {
    jobs.add(order('a'));
    await jobs.restart();
    await settle();
    assert.deepEqual([desk.log, ends], [['run a', 'stop a', 'run a'], []]);
    desk.finish();
    await settle();
    assert.deepEqual(ends, ['a done']);
  });

  it('leaves with what is not over, and says nothing more', async () => {
    for (const name of ['a', 'b']) jobs.add(order(name));
    const leaving = jobs.leave();
    desk.finish(); // ends at the very last moment
    const left = await leaving;
    await settle();
    assert.deepEqual([left.map(({ job }) => job.output), ends], [['b'], ['a done']]);
  });

  it('counts a job that the engine put aside by itself as stopped', async () => {
    jobs.add(order('a'));
    desk.fail(new StoppedError(true));
    await settle();
    assert.deepEqual(ends, ['a stopped']);
  });
});
