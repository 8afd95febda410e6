import type { FarmCounts } from '../pipeline/jobs/restore/segmentFarm';
import type { Backend } from './backend';
import { whyNot } from './capability';
import { orNull } from './fields';
import { segmentsOf } from './names';
import { parseProgress, parseSegment, type Run, type WorkerRecord } from './payloads';
import type { LiveWorkers } from './workerRecords';

/** Most segments that are in work at once and counted. */
const MOST_ACTIVE = 2000;
/** A worker between two segments stays in the list for so long, in milliseconds. */
const SEEN_MS = 10_000;
/** Workers are read less often than segments. */
const WORKERS_MS = 3000;

/** Workers come and go: that there is none is said after so many milliseconds. */
const UNABLE_MS = 5000;

interface ReadCounts {
  readonly counts: FarmCounts;
  readonly completed: number;
  /** Segments in any state. */
  readonly total: number;
  /** A segment that has failed for good. */
  readonly failed: { readonly index: number; readonly reason: string } | null;
}

/** How far a run is, from counts: events can be lost. */
export class RunCounts {
  readonly #seen = new Map<string, { readonly fps: number | null; readonly at: number }>();
  #workers: readonly WorkerRecord[] = [];
  #workersAt = -Infinity;
  /** When there was a worker that can make it. */
  #ableAt = performance.now();

  constructor(
    private readonly backend: Backend,
    private readonly live: LiveWorkers,
    private readonly segment: number,
  ) {}

  get workers(): readonly WorkerRecord[] {
    return this.#workers;
  }

  /** `added`: frames of all segments so far. */
  async read(run: Run, added: number): Promise<ReadCounts> {
    const now = performance.now();
    const queue = await this.backend.queue(segmentsOf(run.run));
    const all = await queue.getJobCounts();
    const { completed = 0, failed = 0, active = 0 } = all;
    const jobs = active === 0 ? [] : await queue.getJobs(['active'], 0, MOST_ACTIVE - 1);
    let frames = completed * this.segment;
    for (const job of jobs) {
      const progress = orNull(() => parseProgress(job?.progress)); // null: it has begun a moment ago
      frames += Math.min(progress?.frames ?? 0, this.segment);
      const name = progress?.by ?? job?.processedBy;
      if (name === undefined) continue;
      const fps = progress?.fps ?? this.#workers.find((worker) => worker.name === name)?.fps ?? null;
      this.#seen.set(name, { fps, at: now });
    }
    for (const [name, { at }] of this.#seen) if (now - at > SEEN_MS) this.#seen.delete(name);
    if (now - this.#workersAt > (run.machine === null ? 0 : WORKERS_MS)) {
      this.#workers = await this.live.read();
      this.#workersAt = now;
    }
    const workers = [...this.#seen]
      .map(([name, { fps }]) => ({ name, fps }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const [first] = failed === 0 ? [] : await queue.getJobs(['failed'], 0, 0);
    return {
      completed,
      total: Object.values(all).reduce((sum, each) => sum + each, 0),
      counts: { workers, frames: Math.min(frames, added), notes: this.#notes(run), waitsFor: this.#waitsFor(run) },
      failed: first ? { index: parseSegment(first.data, this.segment).index, reason: first.failedReason } : null,
    };
  }

  /** Which workers do not work for the run though they could. */
  #notes(run: Run): readonly string[] {
    return this.#workers.flatMap(({ name, leftOut }) =>
      leftOut.filter((one) => one.run === run.run).map(({ why }) => `The worker ${name} was left out: ${why}`),
    );
  }

  #waitsFor(run: Run): string | null {
    const reasons = this.#workers.map((worker) => ({ name: worker.name, why: whyNot(run, run.machine, worker) }));
    if (reasons.some(({ why }) => why === null)) this.#ableAt = performance.now();
    if (performance.now() - this.#ableAt < UNABLE_MS) return null;
    const others = reasons.map(({ name, why }) => `${name}: ${why}`).join('; ');
    return `No worker can make it now${others === '' ? '' : ` (${others})`}; it waits for one.`;
  }
}
