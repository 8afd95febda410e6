import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Engine, RunningJob } from '../../src/engine/client/engine';
import { RemasterError, StoppedError } from '../../src/errors';
import { resultPath } from '../../src/pipeline/jobs/restore/record/recordNames';
import type { Job, Progress, Result } from '../../src/settings/restoreJob';
import { deferred } from '../../src/async/deferred';

/** An engine without a process: it writes the name of the model and the source's text as the result. */
export interface FakeEngine extends Engine {
  /** The jobs that were started, in their order. */
  readonly jobs: readonly Job[];
  /** What was asked, in its order. */
  readonly asked: readonly string[];
  /** Lets the jobs of sources that begin with `slow` end. */
  release(): void;
}

export function fakeEngine(): FakeEngine {
  const jobs: Job[] = [];
  const asked: string[] = [];
  let gate = deferred<void>();
  const run = (job: Job, events: { onProgress?: (progress: Progress) => void } = {}): RunningJob => {
    jobs.push(job);
    const stopped = deferred<never>();
    const work = async (): Promise<Result> => {
      const text = readFileSync(job.input, 'utf8');
      const progress = {
        stage: 'restoring',
        frame: 5,
        total: 10,
        share: 0.5,
        fps: 5,
        eta: 1,
        cacheStats: null,
      } as const;
      events.onProgress?.(progress);
      if (text.startsWith('slow')) await gate.promise;
      if (text.startsWith('bad')) throw new RemasterError('SOURCE_DAMAGED', `${job.input} is damaged.`);
      if (existsSync(job.output) && !job.overwrite) throw new RemasterError('OUTPUT_EXISTS', `${job.output} exists.`);
      const path = resultPath(job);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${job.model} ${text}`);
      return resultOf(job);
    };
    const stop = async (): Promise<void> => stopped.reject(new StoppedError(true));
    const result = Promise.race([work(), stopped.promise]);
    return { id: String(jobs.length), result, stop, suspend: stop };
  };
  const ask = async (what: string): Promise<unknown> => {
    asked.push(what);
    return ANSWERS[what];
  };
  const engine: Partial<FakeEngine> = {
    ...{ jobs, asked, run, ask: ask as Engine['ask'], pid: null, close: async () => {} },
    release() {
      gate.resolve();
      gate = deferred();
    },
  };
  return engine as FakeEngine;
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  probe: { width: 100, height: 100, fps: 10, duration: 1 },
  test: { ms: 100, tile: [100, 100] },
  choose: { model: 'x2', reason: '' },
};

const resultOf = (job: Job): Result => ({
  ...{ output: job.output, framesIn: 10, framesOut: 10, width: 2, height: 2, elapsed: 1, fps: 10, bytes: 1 },
  ...{ resumedFrom: 0, model: { name: job.model, sha256: '', provider: 'cpu', steps: 1 }, faces: null },
  ...{ cacheStats: null, encoder: 'libx264', warnings: ['a note'] },
});
