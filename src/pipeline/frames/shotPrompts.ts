import type { Model, Prompt, TileKey } from '../../model/model';
import type { Frame } from '../media/frame';

/** The part of a tile's key that is equal for all tiles of a frame. */
export type FrameKey = Omit<TileKey, 'x' | 'y'>;

/**
 * Keys of frames, with the model's prompt for their shot if it has prompts. The prompt is computed once per shot, only
 * from its first frame, so it does not depend on batches or on where a job was resumed.
 */
export function shotPrompts(model: Model): (frames: readonly Frame[], signal: AbortSignal) => Promise<FrameKey[]> {
  /** By the first frame of the shot; entries are collected with its frames. */
  const known = new WeakMap<object, Promise<Prompt>>();
  const promptOf = (frame: Frame, signal: AbortSignal): Promise<Prompt> => {
    const first = frame.shotFirstFrame ?? frame;
    const found = known.get(first) ?? model.prompt!(first, signal);
    known.set(first, found);
    found.catch(() => known.delete(first)); // it may have been aborted; the caller gets the error
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
