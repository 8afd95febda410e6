import { Gate } from '../../async/semaphore';
import { openFaceFinder } from '../../model/inference/openModel';
import { upscaleImage } from '../../pipeline/jobs/image/upscaleImage';
import type { Ask } from '../protocol';
import type { ModelShelf } from './modelCache';

/** Makes pictures better, beside whatever else the engine does. */
export type ImageDesk = (args: Ask['image']['args'], signal: AbortSignal) => Promise<Ask['image']['result']>;

/** One in the model, one being decoded or encoded. More would only hold more pixels. */
const AT_ONCE = 2;

/**
 * Pictures do not stand in the queue of jobs: a snapshot is wanted now, and a film may take a night. Their tiles and the
 * film's go through the model's gate in the order they come, and each has one batch there at a time, so they take turns.
 */
export function imageDesk(shelf: ModelShelf): ImageDesk {
  const gate = new Gate(AT_ONCE);
  return async ({ source, job }, signal) => {
    const leave = await gate.enter(signal);
    try {
      return await upscaleImage(source, job, { openModel: shelf.open, openFaceFinder }, signal);
    } finally {
      leave();
    }
  };
}
