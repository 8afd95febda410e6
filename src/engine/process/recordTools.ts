import { findBundle, usableModels } from '../../model/bundle/modelLibrary';
import { describeFiles } from '../../model/bundle/verifyChecksums';
import { openFaceFinder } from '../../model/inference/openModel';
import { runtimeVersion } from '../../model/inference/runtime';
import type { RecordTools } from '../../pipeline/jobs/restore/record/openRecording';
import type { VerifyTools } from '../../pipeline/jobs/restore/verify/verifyResult';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { ModelCache } from './modelCache';

export const recordTools = (): RecordTools => ({
  onnxruntime: runtimeVersion(),
  modelFiles: async (model) => describeFiles(findBundle(model)),
});

export const verifyTools = async ({ open }: ModelCache): Promise<VerifyTools> => ({
  ...{ openModel: open, openFaceFinder, modelNames: usableModels },
  ...{ binary: await findFfmpeg(), record: recordTools() },
});
