import { createHash } from 'node:crypto';
import { errorRecord } from '../../errors';
import { listModels, type ModelSummary } from '../../model/bundle/modelLibrary';
import { readManifest } from '../../model/bundle/parseManifest';
import { knownPsnr } from '../../model/inference/knownPsnr';
import { openModel } from '../../model/inference/openModel';
import { suspicion } from '../../pipeline/frames/suspicion';
import { JOB_DEFAULTS } from '../../settings/restoreJob';

/** Larger bundles take too long to load for a list: they are tested by the first job. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * `listModels`, with what a test image tells about each model. `mayLoad`: a model that has never been loaded here is
 * loaded once; otherwise nothing is known of it.
 */
export async function testedModels(
  folders: readonly string[] | undefined,
  mayLoad: boolean,
): Promise<readonly ModelSummary[]> {
  const tested: ModelSummary[] = [];
  for (const model of await listModels(folders)) tested.push(await testedModel(model, mayLoad)); // one at a time in memory
  return tested;
}

async function testedModel(model: ModelSummary, mayLoad: boolean): Promise<ModelSummary> {
  if (model.problem || model.task === 'face') return model;
  try {
    const smoothPsnr = await smoothPsnrOf(model, mayLoad);
    return smoothPsnr === null ? model : { ...model, suspect: suspicion({ ...model, smoothPsnr })?.toJSON() ?? null };
  } catch (error) {
    const problem = errorRecord(error);
    const isModels = ['MODEL_INVALID', 'MODEL_INCOMPATIBLE'].includes(problem.code); // not that of a missing runtime
    return isModels ? { ...model, problem } : model;
  }
}

/** Null: it is not known, and may not be loaded or is too large for it. */
async function smoothPsnrOf({ path, bytes: size }: ModelSummary, mayLoad: boolean): Promise<number | null> {
  const { bytes } = await readManifest(path);
  const known = await knownPsnr(createHash('sha256').update(bytes).digest('hex'));
  if (known !== null || !mayLoad || size > MAX_BYTES) return known;
  const { order, strength, noise, seed } = JOB_DEFAULTS;
  const settings = { provider: 'cpu', device: 0, threads: 0, steps: null, order, colorFix: null } as const;
  await using model = await openModel({ ...settings, model: path, strength, noise, seed, depth: 8 });
  return model.info.smoothPsnr ?? null;
}
