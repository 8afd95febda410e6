import type { CacheStats } from '../../settings/restoreJob';
import type { Frame } from '../media/frame';

/** Frames in, restored frames out. */
export interface FrameProcessor {
  /** Current tile size in source pixels; it shrinks when memory runs out. */
  readonly tile: { readonly width: number; readonly height: number };
  /** Milliseconds per tile in the latest call of the model; null before the first. */
  readonly tileMs: number | null;
  /**
   * Returns the restored frames in the same order. Batches may overlap in time; each sees the frames of those that were given before
   * it. After an error, earlier frames are forgotten.
   */
  run(frames: readonly Frame[], signal: AbortSignal): Promise<Frame[]>;
  /** Savings of the tile cache so far; null without a cache. */
  readonly cacheStats: CacheStats | null;
  /** Uses the memory of restored frames again, which must not be read any more. Absent: it needs no memory of theirs. */
  recycle?(frames: readonly Frame[]): void;
  /** Ends what still runs and its threads. */
  close(): void;
  /** Null when it is not only faces that are restored. */
  readonly faces: FaceCount | null;
}

export interface FaceCount {
  /** Faces restored so far, summed over all frames. */
  readonly found: number;
  /** Frames without a face so far; they are unchanged. */
  readonly framesWithout: number;
}
