import type { Backend } from './backend';
import { orNull } from './fields';
import { workerId, WORKERS } from './names';
import { parseWorker, type WorkerRecord, workerPayload } from './payloads';

/** How often a worker says that it lives, in milliseconds. */
export const BEAT_MS = 5000;
/** A worker that was silent for so long has died. */
const DEAD_MS = 20_000;
/** Most workers that are read. */
const MOST = 2000;

/** Writes what a worker is. A server that has lost it gets it again. */
export async function publishWorker(backend: Backend, worker: WorkerRecord): Promise<void> {
  const workers = await backend.queue(WORKERS);
  const found = await workers.getJob(workerId(worker.id));
  const payload = workerPayload(worker);
  if (found) await found.updateData(payload);
  else await workers.add('worker', payload, { jobId: workerId(worker.id) });
}

export async function removeWorker(backend: Backend, id: string): Promise<void> {
  await (await (await backend.queue(WORKERS)).getJob(workerId(id)))?.remove();
}

/** The workers that live, as one machine sees them: by its own clock, since when their records have not changed. */
export class LiveWorkers {
  readonly #seen = new Map<string, { readonly beat: number; readonly since: number }>();

  constructor(private readonly backend: Backend) {}

  /** Reads all. Those that have died are removed. */
  async read(): Promise<readonly WorkerRecord[]> {
    const jobs = await (await this.backend.queue(WORKERS)).getJobs(['waiting'], 0, MOST - 1, true);
    const now = performance.now();
    const alive: WorkerRecord[] = [];
    for (const job of jobs) {
      const worker = orNull(() => parseWorker(job?.data));
      if (worker === null) continue; // of another version, or removed meanwhile
      const seen = this.#seen.get(worker.id);
      if (seen?.beat !== worker.beat) this.#seen.set(worker.id, { beat: worker.beat, since: now });
      else if (now - seen.since > DEAD_MS) {
        await job.remove().catch(() => {}); // another machine was faster
        continue;
      }
      alive.push(worker);
    }
    return alive.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
