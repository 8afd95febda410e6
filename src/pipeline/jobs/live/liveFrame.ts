import type { Colour } from '../../media/colour';
import type { Frame, Rational } from '../../media/frame';

/** An upscaled camera frame. */
export interface LiveFrame extends Pick<Frame, 'width' | 'height' | 'data'> {
  /** Index among all received frames. */
  readonly index: number;
  /** `performance.now()` on arrival and after upscaling. */
  readonly at: number;
  readonly done: number;
  /** Size in which it is stored or shown. */
  readonly stored: { readonly width: number; readonly height: number };
  readonly pixelAspect: Rational;
  readonly colour: Colour;
}
