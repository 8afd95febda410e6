import type { LiveProgress } from '../../src/settings/liveJob';
import { brief } from './status';

/** The machine is too slow for a camera of which a larger share of the frames is dropped. */
const MAX_DROP_SHARE = 0.5;
/** Frames after which this is judged: the first ones also wait for the model. */
const MIN_FRAMES = 50;
/** Pixels: a lower frame is not worth lowering. */
const MIN_HEIGHT = 240;
/** The fastest embedded model. */
const FASTEST = 'x4-live';

interface Cure {
  /** For the status of a node. */
  readonly short: string;
  readonly sentence: string;
}

/** What to change first when most frames of a running camera are dropped; null: it is fast enough. */
export function cureOf({ camera, dropShare, in: received, model, modelHeight }: LiveProgress): Cure | null {
  if (camera.is !== 'running' || dropShare <= MAX_DROP_SHARE || received < MIN_FRAMES) return null;
  if ((modelHeight ?? camera.height) > MIN_HEIGHT)
    return {
      short: 'lower height',
      sentence: `Set “Max. height” of the video in node below ${camera.height}: half the height takes a quarter of the time.`,
    };
  if (model !== FASTEST)
    return { short: `use ${FASTEST}`, sentence: `Choose the model ${FASTEST} in the upscale model node.` };
  return { short: 'use a GPU', sentence: 'Use a GPU, a region, or “Skip unchanged tiles” for a fixed camera.' };
}

/** The warning for the log; null: it is fast enough. */
export function tooSlow(label: string, progress: LiveProgress): string | null {
  const cure = cureOf(progress);
  const { fps, fpsIn } = progress;
  if (cure === null || fpsIn === null) return null;
  return `${label}: this machine restores ${fps === null ? 'less than one' : brief(fps)} of ${brief(fpsIn)} frames per second. ${cure.sentence}`;
}
