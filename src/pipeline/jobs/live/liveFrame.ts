import type { Colour } from '../../media/colour';
import type { Frame, Rational } from '../../media/frame';

/** A picture of a camera after the model. */
export interface LiveFrame extends Pick<Frame, 'width' | 'height' | 'data'> {
  /** Counts all pictures that came. */
  readonly index: number;
  /** `performance.now()` when it came, and when it was done. */
  readonly at: number;
  readonly done: number;
  /** Size in which it is to be shown. */
  readonly stored: { readonly width: number; readonly height: number };
  readonly pixelAspect: Rational;
  readonly colour: Colour;
}
