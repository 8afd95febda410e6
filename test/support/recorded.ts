import { createHash } from 'node:crypto';
import type { Model } from '../../src/model/model';
import type { RecordTools } from '../../src/pipeline/jobs/restore/record/openRecording';
import { restoreVideo, type Tools } from '../../src/pipeline/jobs/restore/restoreVideo';
import type { VerifyTools } from '../../src/pipeline/jobs/restore/verify/verifyResult';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../src/settings/restoreJob';
import { nearest } from './fakeModel';
import { binary } from './videos';

/** Repeats pixels and adds what depends on the shot, as noise does: a frame with another key gets other bytes. */
export function keyed(depth: 8 | 16 = 8): Model {
  const model = nearest(2, { depth });
  return {
    ...model,
    async run(batch, signal) {
      const made = await model.run(batch, signal);
      const each = made.length / batch.keys.length;
      for (const [n, { scene }] of batch.keys.entries()) {
        const [add] = createHash('md5').update(String(scene)).digest();
        for (let i = n * each; i < (n + 1) * each; i += depth / 8) made[i]! ^= add! & 7;
      }
      return made;
    },
  };
}

const sha256 = createHash('sha256').update('model').digest('hex');

export const recordTools = (changes: Partial<Awaited<ReturnType<RecordTools['modelFiles']>>> = {}): RecordTools => ({
  onnxruntime: '1.2.3',
  modelFiles: async () => ({
    ...{ sha256, licence: 'MIT', files: [{ name: 'model.json', bytes: 5, sha256 }], ...changes },
  }),
});

const openModel: Tools['openModel'] = async ({ depth }) => {
  const model = keyed(depth);
  return { ...model, info: { ...model.info, sha256 } };
};

export const verifyTools = async (changes: Partial<VerifyTools> = {}): Promise<VerifyTools> => ({
  ...{ openModel, binary: await binary(), record: recordTools(), ...changes },
});

/** Restores with a record. `stop`: called with the progress, may abort. */
export async function recordJob(
  job: Pick<Job, 'input' | 'output'> & Partial<Job>,
  signal = new AbortController().signal,
  onProgress: (progress: Progress) => void = () => {},
  changes: Partial<Tools> = {},
): Promise<Result> {
  const tools: Tools = { ...(await verifyTools()), ...changes };
  const settings = { model: 'x4-live', codec: 'ffv1', record: true, batch: 1 } as const;
  return restoreVideo({ ...JOB_DEFAULTS, ...settings, ...job }, tools, signal, onProgress);
}
