import type { Model, Prompt, TileKey } from '../../model/model';
import type { Frame } from '../media/frame';

/** What keys all tiles of a frame. */
export type FrameKey = Omit<TileKey, 'x' | 'y'>;

/**
 * Keys of frames, with what the model makes of the first frame of their shot, if it wants to see that. It is asked once
 * per shot, and only by the first frame itself, so the result depends neither on batches nor on where a job was resumed.
 */
export function shotPrompts(model: Model): (frames: readonly Frame[], signal: AbortSignal) => Promise<FrameKey[]> {
  /** By the first frame, which the frames of the shot hold on to: gone when they are. */
  const known = new WeakMap<object, Prompt>();
  const promptOf = async (frame: Frame, signal: AbortSignal): Promise<Prompt> => {
    const first = frame.shotFirstFrame ?? frame;
    const found = known.get(first) ?? (await model.prompt!(first, signal));
    known.set(first, found);
    return found;
  };
  return async (frames, signal) => {
    const keys: FrameKey[] = [];
    for (const frame of frames) {
      const key = { scene: frame.scene, frame: frame.pts };
      keys.push(model.prompt ? { ...key, prompt: await promptOf(frame, signal) } : key);
    }
    return keys;
  };
}
