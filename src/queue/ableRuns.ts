import type { Backend } from './backend';
import { whyNot } from './capability';
import { orNull } from './fields';
import { type FolderMap, localRun } from './folderMaps';
import { RUNS, segmentsOf } from './names';
import { parseRun, type Run, type WorkerRecord } from './payloads';
import { isWanted } from './runFile';

/** How often an idle worker looks for work, in milliseconds. */
export const IDLE_MS = 1000;
/** Most jobs that are read to find one with work. */
const MOST_RUNS = 200;

/** A run that this worker can make, with the paths of this machine. */
interface AbleRun {
  readonly run: Run;
  /** Larger for those that it has made a segment of later. */
  lastServed: number;
}

interface Owner {
  worker(): WorkerRecord;
  /** Rejects when the machine cannot make the job after all. */
  check(run: Run): Promise<void>;
  onAble(run: Run): void;
  onUnable(run: string, error: unknown): void;
}

/** The jobs of a queue that a worker can make. */
export class AbleRuns {
  readonly #able = new Map<string, AbleRun>();
  #readAt = -Infinity;

  constructor(
    private readonly backend: Backend,
    private readonly maps: readonly FolderMap[],
    private readonly owner: Owner,
  ) {}

  /** Asks the queue at most once in a while. */
  async read(): Promise<readonly AbleRun[]> {
    if (performance.now() - this.#readAt >= IDLE_MS) {
      await this.#readAll();
      this.#readAt = performance.now();
    }
    return [...this.#able.values()];
  }

  drop(run: string): void {
    this.#able.delete(run);
  }

  async #readAll(): Promise<void> {
    const parents = await (await this.backend.queue(RUNS)).getJobs(['waiting-children'], 0, MOST_RUNS - 1, true);
    const found = parents.flatMap((parent) => orNull(() => parseRun(parent?.data)) ?? []);
    for (const known of this.#able.keys()) {
      if (found.some(({ run, isCancelled }) => run === known && !isCancelled)) continue;
      this.#able.delete(known);
      await this.backend.forget(segmentsOf(known));
    }
    for (const run of found) await this.#join(run);
  }

  async #join(run: Run): Promise<void> {
    const isUndecided = run.machine === null && !run.job.mixed; // of its class
    const machine = run.job.mixed ? null : run.machine;
    if (this.#able.has(run.run) || run.isCancelled || isUndecided) return;
    if (whyNot(run, machine, this.owner.worker()) !== null) return;
    try {
      const local = await localRun(run, this.maps);
      if (!(await isWanted(local.folder, run.run))) return; // it ends, or the folder does not show it yet
      await this.owner.check(local);
      this.#able.set(run.run, { run: local, lastServed: 0 });
      this.owner.onAble(local);
    } catch (error) {
      this.owner.onUnable(run.run, error);
    }
  }
}
