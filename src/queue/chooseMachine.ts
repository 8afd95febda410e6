import { whyNot } from './capability';
import type { Run, WorkerRecord } from './payloads';

/** The class that has most of the workers which can make a job; null: no worker can. */
export function chooseMachine(run: Run, workers: readonly WorkerRecord[]): string | null {
  const able = workers.filter((worker) => whyNot(run, null, worker) === null);
  const sizes = new Map<string, number>();
  for (const { machine } of able) sizes.set(machine, (sizes.get(machine) ?? 0) + 1);
  const [largest] = [...sizes].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return largest?.[0] ?? null;
}
