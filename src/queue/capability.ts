import { mappedPath } from './folderMaps';
import type { Run, WorkerRecord } from './payloads';

type Able = Pick<WorkerRecord, 'machine' | 'provider' | 'models' | 'memory' | 'folders' | 'leftOut'>;

/** Why a worker cannot make segments of a job; null: it can. `machine`: the class of the job; null: any. */
export function whyNot(run: Run, machine: string | null, worker: Able): string | null {
  const { job, model, memory } = run;
  const left = worker.leftOut.find((one) => one.run === run.run);
  if (left) return left.why;
  if (machine !== null && worker.machine !== machine) return 'it is of another class than the machines of the job';
  const own = worker.models[model.name];
  if (own === undefined) return `it has no model ${model.name}`;
  if (own !== model.sha256) return `its model ${model.name} has other files`;
  if (job.provider !== 'auto' && job.provider !== worker.provider) return `it runs models on ${worker.provider}`;
  if (memory > worker.memory) return `it has ${gigabytes(worker.memory)} of memory and needs ${gigabytes(memory)}`;
  const maps = worker.folders.map((theirs) => ({ theirs, ours: '/' }));
  const outside = [job.input, job.output, ...(job.mask === null ? [] : [job.mask])].find(
    (path) => mappedPath(path, maps) === null,
  );
  return outside === undefined ? null : `${outside} is in none of its folders`;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
