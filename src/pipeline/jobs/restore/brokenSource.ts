import { RemasterError } from '../../../errors';
import type { FrameSource } from '../../media/decode';
import type { VideoInfo } from '../../media/probe';
import { damageError, hasChanged } from './truncation';

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
        if (!(error instanceof RemasterError)) throw error;
        const isChanged = await hasChanged(info);
        if (error.code !== 'SOURCE_DAMAGED' && !isChanged) throw error;
        if (source.decoded.times.length === 0)
          throw isChanged ? damageError({ kind: 'changed' }, info, null, error) : error;
        broken = error;
      }
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** The error of a source that ended within the `finished` frames of an interrupted job, which stay. */
export async function endedTooSoon(
  { broken }: Pick<BreakableSource, 'broken'>,
  finished: number,
  info: VideoInfo,
): Promise<RemasterError> {
  if (await hasChanged(info)) return damageError({ kind: 'changed' }, info, null, broken());
  const what = broken()?.message ?? `it ends within the ${finished} frames that an interrupted job has finished`;
  return damageError({ kind: 'damaged', what }, info, null, broken());
}
