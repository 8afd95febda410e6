import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RemasterError } from '../../src/errors';
import { keepSegment, madeSegment, partOf } from '../../src/pipeline/jobs/madeSegments';
import type { SharedJob } from '../../src/pipeline/jobs/restore/segmentFarm';
import { workFolder } from '../../src/pipeline/jobs/workFolder';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import type { WorkerRecord } from '../../src/queue/payloads';
import type { SegmentWork } from '../../src/queue/work';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
export const FRAMES = 10;
export const MODEL = { name: 'fake', sha256: hash('fake') };

/** A job without pixels, whose work folder is made in `folder`. */
export function fakeJob(folder: string, name: string, changes: Partial<SharedJob> = {}): SharedJob {
  const output = join(folder, `${name}.mkv`);
  const work = workFolder(output);
  mkdirSync(work, { recursive: true });
  return {
    job: { ...JOB_DEFAULTS, model: MODEL.name, input: join(folder, 'in.mp4'), output, segment: FRAMES },
    tiles: { tile: null, overlap: null },
    ...{ key: hash(output), sound: [], folder: work, model: MODEL, memory: 1e6, machine: null, encoder: 'fake' },
    ...changes,
  };
}

export const rangesOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ index: from + i, first: (from + i) * FRAMES, count: FRAMES }));

/** How a worker without a model behaves. */
export interface Behaviour {
  /** Milliseconds of one segment. */
  readonly ms: number;
  /** The segments of `broken.mkv` that fail. */
  readonly fails?: readonly number[];
  /** It makes other bytes than all others. */
  readonly differs?: boolean;
  /** Milliseconds for which it blocks its event loop in each segment. */
  readonly blocks?: number;
  /** What `check` rejects with. */
  readonly cannot?: string;
}

export const fakeWorker = (folder: string, id: string, changes: Partial<WorkerRecord> = {}) => ({
  ...{ id, name: id, machine: 'a', facts: 'fake', provider: 'cpu', models: { [MODEL.name]: MODEL.sha256 } },
  ...{ memory: 1e9, folders: [folder] },
  ...changes,
});

/** Makes segments of text. `onMade`: called for each that was really made. */
export function fakeWork(
  worker: { readonly id: string; readonly name: string; readonly machine: string },
  { ms, fails = [], differs = false, blocks = 0, cannot }: Behaviour,
  onMade: (text: string) => void = () => {},
): SegmentWork {
  let frames = 0;
  return {
    async check() {
      if (cannot !== undefined) throw new RemasterError('RESUME_MISMATCH', cannot);
    },
    async make({ folder, key, job }, { index, count }, signal) {
      const found = await madeSegment(folder, key, index);
      if (found) return found;
      const began = performance.now();
      for (frames = 0; frames < count; frames++) {
        await sleep(Math.max(0, began + (ms * (frames + 1)) / count - performance.now()), undefined, { signal });
        if (frames === 0 && blocks > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blocks);
      }
      if (fails.includes(index) && job.output.endsWith('broken.mkv'))
        throw new RemasterError('SOURCE_DAMAGED', `a part is missing in segment ${index}.`);
      const part = partOf(folder, index, worker.id.replaceAll(/\W/g, ''));
      writeFileSync(part, hash(`${job.segment}/${index}${differs ? worker.name : ''}`).repeat(8));
      const { name: by, machine } = worker;
      const made = await keepSegment(folder, key, part, { index, frames: count, by, machine, faces: null });
      onMade(`${job.output.replace(/^.*\//, '')} ${index} ${by}`);
      return made;
    },
    frames: async () => frames,
    async image({ source, job }, signal) {
      await sleep(ms, undefined, { signal });
      if (source.length === 0) throw new RemasterError('IMAGE_UNREADABLE', 'it has no bytes.');
      onMade(`image ${source.length} ${worker.name}`);
      return {
        data: Uint8Array.from(source).reverse(),
        ...({ format: 'png', width: 8, height: 4, channels: 3, scale: 2, ms, warnings: ['a warning'] } as const),
        model: { name: job.model, provider: 'cpu', steps: 1, reason: 'it suits' },
      };
    },
  };
}
