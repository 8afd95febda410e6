import { RemasterError } from '../../../errors';
import type { FrameSource } from '../../media/decode';
import type { VideoInfo } from '../../media/probe';
import { hasChanged } from './truncation';

/** A source that ends where it breaks off, so that the frames before are kept. */
export interface BreakableSource extends FrameSource {
  /** Why it ended early; null: it did not. */
  broken(): RemasterError | null;
}

/** Stopping, and all that is no fault of the source, still throws. */
export function untilBroken(source: FrameSource, info: VideoInfo, signal: AbortSignal): BreakableSource {
  let broken: RemasterError | null = null;
  return {
    decoded: source.decoded,
    stderrTail: () => source.stderrTail(),
    broken: () => broken,
    async *read() {
      try {
        yield* source.read();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RemasterError) || source.decoded.times.length === 0) throw error;
        if (error.code !== 'SOURCE_DAMAGED' && !(await hasChanged(info))) throw error;
        broken = error;
      }
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
