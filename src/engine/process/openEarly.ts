import { findBundle } from '../../model/bundle/modelLibrary';
import { bundleSize } from '../../model/bundle/verifyChecksums';
import { readManifest } from '../../model/bundle/parseManifest';
import type { Model, ModelRequest } from '../../model/model';
import { modelRequest } from '../../pipeline/frames/modelRequest';
import { AUTO } from '../../settings/chooseModel';
import type { Job } from '../../settings/restoreJob';

/** Larger bundles are loaded when it is known that they are right. */
const MAX_BYTES = 64 * 2 ** 20;

type OpenModel = (request: ModelRequest) => Promise<Model>;

/** Opens the model of a job while its source is examined. */
export interface EarlyModel extends Disposable {
  /** As the function that was given; the model that was opened early is then returned. */
  readonly openModel: OpenModel;
}

/**
 * Begins to open a model that is named, for 8 bits, which nearly all sources have. One that turns out to be for 16 bits or
 * another is opened as usual: nothing depends on the guess but time.
 */
export function openEarly(job: Job, openModel: OpenModel): EarlyModel {
  const early = begin(job, openModel).catch(() => null); // the job opens it again, and reports why it fails
  // Not awaited: loading cannot be interrupted, and a job that is stopped must not wait for it.
  const giveBack = (): void => void early.then((model) => model?.[Symbol.asyncDispose]()).catch(() => {});
  return {
    async openModel(request) {
      const model = await openModel(request);
      giveBack();
      return model;
    },
    [Symbol.dispose]: giveBack,
  };
}

async function begin(job: Job, openModel: OpenModel): Promise<Model | null> {
  if (job.model === AUTO) return null;
  const folder = findBundle(job.model);
  const { manifest } = await readManifest(folder);
  return (await bundleSize(folder, manifest)) <= MAX_BYTES ? openModel({ ...modelRequest(job), depth: 8 }) : null;
}
