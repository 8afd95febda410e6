import { Semaphore } from '../../async/semaphore';
import { openFaceFinder } from '../../model/inference/openModel';
import { upscaleImage } from '../../pipeline/jobs/image/upscaleImage';
import type { EngineRequests } from '../protocol';
import type { ModelCache } from './modelCache';

/** Makes pictures better, beside whatever else the engine does. */
export type ImageRequests = (
  args: EngineRequests['image']['args'],
  signal: AbortSignal,
) => Promise<EngineRequests['image']['result']>;

/** One in the model, one being decoded or encoded. More would only hold more pixels. */
const AT_ONCE = 2;

/**
 * Pictures do not stand in the queue of jobs: a snapshot is wanted now, and a film may take a night. Their tiles and the
 * film's go through the model's gate in the order they come, and each has one batch there at a time, so they take turns.
 */
export function imageRequests(shelf: ModelCache): ImageRequests {
  const gate = new Semaphore(AT_ONCE);
  return async ({ source, job }, signal) => {
    const leave = await gate.acquire(signal);
    try {
      return await upscaleImage(source, job, { openModel: shelf.open, openFaceFinder }, signal);
    } finally {
      leave();
    }
  };
}
