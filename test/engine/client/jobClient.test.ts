import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobClient } from '../../../src/engine/client/jobClient';
import type { Supervisor } from '../../../src/engine/client/supervisor';
import type { Request } from '../../../src/engine/protocol';
import { RemasterError, StoppedError } from '../../../src/errors';
import { workFolder } from '../../../src/pipeline/jobs/workFolder';
import { type Job, JOB_DEFAULTS, type Progress } from '../../../src/settings/restoreJob';
import { scratchFolder } from '../../support/videos';

const CRASH = new RemasterError('ENGINE_CRASHED', 'The engine process exited unexpectedly (SIGKILL).');

describe('jobClient', () => {
  const folder = scratchFolder();
  let sent: Request[];
  let resets: number;
  let isUp: boolean;
  let client: JobClient;

  beforeEach(() => {
    [sent, resets, isUp] = [[], 0, true];
    const engine = {
      send: (request: Request) => sent.push(request),
      resetBackOff: () => resets++,
      updateRef: () => {},
      killIfLate: (stopped: Promise<unknown>) => stopped,
      get isUp() {
        return isUp;
      },
    };
    client = new JobClient(engine as unknown as Supervisor);
  });

  const run = (changes: Partial<Job> = {}, onProgress?: (progress: Progress) => void) =>
    client.run(
      { ...JOB_DEFAULTS, input: '/in.mp4', output: '/out.mp4', ...changes },
      onProgress ? { onProgress } : {},
      null,
    );
  const progress = (id: string, frame: number): void =>
    client.receive({ type: 'progress', id, progress: { frame } as Progress });
  const starts = (id: string): void => client.receive({ type: 'queued', id, position: 0 });

  it('sends a job, passes its progress on and settles with its result', async () => {
    const seen: number[] = [];
    const { id, result } = run({}, ({ frame }) => seen.push(frame));
    assert.deepEqual(
      sent.map((request) => request.type === 'job' && request.id),
      [id],
    );
    progress(id, 1);
    progress('another', 2);
    const done = { output: '/out.mp4' } as Awaited<typeof result>;
    client.receive({ type: 'done', id, result: done });
    assert.deepEqual([await result, client.size, seen], [done, 0, [1]]);
  });

  it('a crash fails a job that had started, and keeps one that waits', async () => {
    const [started, waiting] = [run({ resume: false }), run({ resume: false })];
    starts(started.id);
    client.receive({ type: 'queued', id: waiting.id, position: 1 });
    client.onCrash(CRASH);
    await assert.rejects(started.result, CRASH);
    assert.equal(client.size, 1);
    sent = [];
    client.resend();
    assert.deepEqual(
      sent.map((request) => request.type === 'job' && request.id),
      [waiting.id],
    );
  });

  it('a job that no process ever answers fails at the third crash', async () => {
    const { result } = run({ resume: false });
    client.onCrash(CRASH);
    client.resend();
    client.onCrash(CRASH);
    assert.equal(client.size, 1);
    client.onCrash(CRASH);
    await assert.rejects(result, CRASH);
    assert.equal(client.size, 0);
  });

  it('a job that waits is never lost by crashes', () => {
    const { id } = run({ resume: false });
    for (let i = 0; i < 5; i++) {
      client.receive({ type: 'queued', id, position: 1 });
      client.onCrash(CRASH);
    }
    assert.equal(client.size, 1);
  });

  it('a job that may resume survives two crashes without progress, and fails at the third', async () => {
    const { id, result } = run({ resume: true });
    starts(id);
    client.onCrash(CRASH);
    client.onCrash(CRASH);
    assert.equal(client.size, 1);
    client.onCrash(CRASH);
    assert.equal(client.size, 0);
    await assert.rejects(result, CRASH);
  });

  it('only frames beyond the last count as progress between crashes', async () => {
    const { id, result } = run({ resume: true });
    starts(id);
    for (const frame of [5, 6]) {
      progress(id, frame);
      client.onCrash(CRASH);
      client.onCrash(CRASH);
    }
    assert.deepEqual([client.size, resets], [1, 2]);
    progress(id, 6);
    assert.equal(resets, 2);
    client.onCrash(CRASH);
    await assert.rejects(result, CRASH);
  });

  it('a stopped job ends as stopped also when the engine crashes', async () => {
    const { id, result, stop } = run({ resume: true });
    starts(id);
    const stopped = stop();
    assert.deepEqual(sent.at(-1), { type: 'stop', id, keep: false });
    client.onCrash(CRASH);
    await Promise.all([stopped, assert.rejects(result, (error) => error instanceof StoppedError && !error.keep)]);
    assert.equal(client.size, 0);
  });

  it('a stop after a suspension overrides it', async () => {
    const { id, result, stop, suspend } = run({ resume: true });
    starts(id);
    const both = [suspend(), stop()];
    assert.deepEqual(
      sent.slice(1).map((request) => request.type === 'stop' && request.keep),
      [true, false],
    );
    client.receive({ type: 'stopped', id });
    await Promise.all([...both, assert.rejects(result, (error) => error instanceof StoppedError && !error.keep)]);
  });

  for (const [what, end] of [
    ['the engine has crashed', () => client.onCrash(CRASH)],
    ['no engine runs', () => (isUp = false)],
  ] as const)
    it(`${what}: a stop deletes the segments, a suspension keeps them`, async () => {
      for (const way of ['stop', 'suspend'] as const) {
        const output = join(folder, `${what} ${way}.mp4`);
        mkdirSync(workFolder(output));
        writeFileSync(join(workFolder(output), '000000.nut'), '');
        const job = run({ output, resume: true });
        job.result.catch(() => {});
        starts(job.id);
        isUp = true;
        if (what === 'no engine runs') end();
        const ended = job[way]();
        end();
        await ended;
        assert.equal(existsSync(workFolder(output)), way === 'suspend', way);
      }
    });

  it('without a running engine a job stops at once', async () => {
    const { result, suspend } = run();
    isUp = false;
    await Promise.all([suspend(), assert.rejects(result, (error) => error instanceof StoppedError && error.keep)]);
    assert.equal(sent.length, 1);
  });
});
