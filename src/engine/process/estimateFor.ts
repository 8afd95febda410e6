import { rm } from 'node:fs/promises';
import { listModels, usableModels } from '../../model/bundle/modelLibrary';
import { openFaceFinder, openModel } from '../../model/inference/openModel';
import { estimateVideo, type VideoEstimate } from '../../pipeline/jobs/restore/estimateVideo';
import { makeOwnedFolder } from '../../pipeline/jobs/ownedFolder';
import type { ComparisonTools } from '../../pipeline/jobs/restore/timeModels';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { EngineRequests } from '../protocol';
import type { ModelCache } from './modelCache';

/** All models; those that are opened are not kept in memory. */
export const comparison: ComparisonTools = { installed: () => listModels(), openModel };

/** Answers `estimate`. */
export async function estimateFor(
  { job, isCompared }: EngineRequests['estimate']['args'],
  modelCache: ModelCache,
  onTemporaryPath: (path: string, gone: boolean) => void,
  signal: AbortSignal,
): Promise<VideoEstimate> {
  const folder = await makeOwnedFolder('time');
  onTemporaryPath(folder, false);
  try {
    const models = {
      openModel: modelCache.open,
      openFaceFinder,
      modelNames: usableModels,
      ...(isCompared && { comparison }),
    };
    return await estimateVideo(job, { ...models, binary: await findFfmpeg() }, folder, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
    onTemporaryPath(folder, true);
  }
}
