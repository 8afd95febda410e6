import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import { JobReport } from '../../../nodes/jobs/jobReport';
import { ResumableJob } from '../../../nodes/jobs/resumableJob';
import type { Engine, RunningJob } from '../../../src/engine/client/engine';
import { RemasterError, StoppedError } from '../../../src/errors';
import { JOB_DEFAULTS, type Result } from '../../../src/settings/restoreJob';

/** An engine that ends a run when the test says so. */
class Runs {
  readonly log: string[] = [];
  resolve: (result: Result) => void = () => {};
  reject: (error: unknown) => void = () => {};

  run(): RunningJob {
    this.log.push('run');
    const result = new Promise<Result>((resolve, reject) => Object.assign(this, { resolve, reject }));
    const end = async (how: string): Promise<void> => {
      this.log.push(how);
      this.reject(new StoppedError(how === 'suspend'));
    };
    return { id: `run ${this.log.length}`, result, stop: () => end('stop'), suspend: () => end('suspend') };
  }

  async ask(what: string): Promise<never> {
    this.log.push(what);
    throw new Error('the engine is gone');
  }
}

describe('a job that can be resumed', () => {
  let engine: Runs;
  let outcomes: string[];
  let job: ResumableJob;
  beforeEach(() => {
    engine = new Runs();
    outcomes = [];
    const nothing = (): void => {};
    const work = {
      ...{ job: { ...JOB_DEFAULTS, input: 'in', output: 'out' }, queuePassword: null },
      engine: engine as unknown as Engine,
    };
    job = new ResumableJob(work, new JobReport(nothing, nothing), ({ status }) => outcomes.push(status));
  });

  it('has an id in the engine only while the engine has it', async () => {
    assert.equal(job.running, null);
    job.resume();
    assert.equal(job.running!.id, 'run 1');
    job.resume(); // runs already
    await job.end('pause');
    await tick();
    assert.deepEqual([job.running, engine.log, outcomes], [null, ['run', 'suspend'], []]);
  });

  for (const [reason, log, ended] of [
    ['pause', ['run', 'suspend'], []],
    ['suspend', ['run', 'suspend'], []],
    ['stop', ['run', 'stop', 'discard'], ['stopped']],
    ['restart', ['run', 'stop', 'discard', 'run'], []],
  ] as const) {
    it(`${reason} while it runs`, async () => {
      job.resume();
      await job.end(reason);
      await tick();
      assert.deepEqual([engine.log, outcomes, job.isOver], [log, ended, ended.length > 0]);
    });
  }

  it('what a pause has kept is discarded by a stop, and ends with the engine gone, too', async () => {
    job.resume();
    await job.end('pause');
    await tick();
    await job.end('stop');
    assert.deepEqual([engine.log, outcomes], [['run', 'suspend', 'discard'], ['stopped']]);
  });

  it('runs again if it is resumed before it is suspended', async () => {
    job.resume();
    const pausing = job.end('pause');
    job.resume();
    await pausing;
    await tick();
    assert.deepEqual([engine.log, outcomes], [['run', 'suspend', 'run'], []]);
  });

  /** What happens to a job whose work is deleted only when the test says so. */
  const heldUp = (): (() => void) => {
    let deleted = (): void => {};
    engine.ask = async (what) => {
      engine.log.push(what);
      await new Promise<void>((resolve) => (deleted = resolve));
      return null as never;
    };
    return () => deleted();
  };

  it('a stop is final: neither a resume nor a pause nor a deploy brings the job back', async () => {
    job.resume();
    await job.end('pause');
    await tick();
    const finish = heldUp();
    const ends = [job.end('stop')];
    job.resume();
    ends.push(job.end('pause'), job.end('suspend'), job.end('restart'));
    await tick();
    assert.deepEqual([engine.log, outcomes, job.isOver], [['run', 'suspend', 'discard'], [], false]);
    finish();
    await Promise.all(ends);
    assert.deepEqual([engine.log, outcomes, job.isOver], [['run', 'suspend', 'discard'], ['stopped'], true]);
  });

  it('a restart begins when the earlier work is deleted, also if it is resumed meanwhile', async () => {
    job.resume();
    const pausing = job.end('pause');
    const finish = heldUp();
    const restarting = job.end('restart'); // before it is suspended
    await pausing;
    await tick();
    job.resume();
    assert.deepEqual(engine.log, ['run', 'suspend', 'stop', 'discard']);
    finish();
    await restarting;
    assert.deepEqual([engine.log, outcomes], [['run', 'suspend', 'stop', 'discard', 'run'], []]);
  });

  it('a stop before the pause has ended deletes the work that the pause would keep', async () => {
    job.resume();
    const pausing = job.end('pause');
    await job.end('stop');
    await pausing;
    assert.deepEqual([engine.log, outcomes], [['run', 'suspend', 'stop', 'discard'], ['stopped']]);
  });

  it('a job that is done at the last moment keeps its result', async () => {
    job.resume();
    engine.resolve({} as Result);
    await job.end('stop');
    assert.deepEqual([engine.log, outcomes], [['run', 'stop'], ['done']]);
  });

  it('is never resumed after it was suspended for a deploy', async () => {
    job.resume();
    const suspending = job.end('suspend');
    job.resume();
    await suspending;
    await tick();
    assert.deepEqual(engine.log, ['run', 'suspend']);
  });

  it('fails once, with the first error', async () => {
    job.resume();
    engine.reject(new RemasterError('DISK_FULL', ''));
    await tick();
    await job.end('stop');
    await tick();
    assert.deepEqual(outcomes, ['failed']);
  });
});
