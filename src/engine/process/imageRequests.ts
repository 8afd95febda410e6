import { Semaphore } from '../../async/semaphore';
import { usableModels } from '../../model/bundle/modelLibrary';
import { openFaceFinder } from '../../model/inference/openModel';
import { upscaleImage } from '../../pipeline/jobs/image/upscaleImage';
import { queueAccess } from '../../queue/access';
import { openQueue, type SegmentQueue } from '../../queue/queue';
import type { EngineRequests } from '../protocol';
import type { ModelCache } from './modelCache';

/** Upscales images, in parallel with everything else the engine does. */
export type ImageRequests = (
  args: EngineRequests['image']['args'],
  signal: AbortSignal,
) => Promise<EngineRequests['image']['result']>;

async function onQueue<T>(
  { address, password }: { readonly address: string; readonly password: string | null },
  use: (queue: SegmentQueue) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  await using queue = await openQueue(await queueAccess(address, password), signal);
  return await use(queue);
}

/** One in the model, one being decoded or encoded. More would only take more memory. */
const MAX_CONCURRENT = 2;

/**
 * Images skip the job queue: a snapshot must not wait for a video that takes hours. The model runs batches in the order
 * they arrive, one per image and video at a time, so both make progress.
 */
export function imageRequests(modelCache: ModelCache): ImageRequests {
  const semaphore = new Semaphore(MAX_CONCURRENT);
  return async ({ source, mask, job, queue = null }, signal) => {
    if (queue) return await onQueue(queue, ({ image }) => image(source, mask, job, signal), signal);
    const release = await semaphore.acquire(signal);
    try {
      const tools = { openModel: modelCache.open, openFaceFinder, modelNames: usableModels };
      return await upscaleImage(source, job, tools, mask, signal);
    } finally {
      release();
    }
  };
}
