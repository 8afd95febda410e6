import { map, type MonoTypeOperatorFunction } from 'rxjs';
import type { Crossfade } from '../frames/crossfade';
import type { RgbFrame } from '../media/frame';

/**
 * Crossfades to the frames that follow a change of the quality level.
 *
 *     source  A  B      C  D     from C on at another level
 *     result  A  B     BC  D
 */
export const crossfadeFrames = <T extends { readonly source: RgbFrame; readonly output: RgbFrame }>(
  fade: Crossfade,
): MonoTypeOperatorFunction<T> =>
  map((frame) => ({ ...frame, output: { ...frame.output, data: fade.through(frame.source, frame.output) } }));
