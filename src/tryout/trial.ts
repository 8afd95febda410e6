import type { ChosenModel } from '../settings/chooseModel';
import type { Added } from '../pipeline/media/image/addedMap';

/** What the page shows: `trial.js` beside it sets it. Paths are relative to the page. */
export interface Trial {
  readonly kind: 'video' | 'image';
  readonly label: string;
  readonly source: {
    readonly width: number;
    readonly height: number;
    readonly fps: number | null;
    /** Seconds; null for an image, and where it is unknown. */
    readonly duration: number | null;
  };
  /** What `auto` takes, and why; null where the caller named the tries. */
  readonly chosen: ChosenModel | null;
  readonly tries: readonly TriedModel[];
  /** Left out because it takes too long. */
  readonly left: readonly { readonly name: string; readonly seconds: number }[];
  /** Left out because it cannot be timed. */
  readonly untimed: readonly { readonly name: string; readonly reason: string }[];
  readonly places: readonly Place[];
}

/** A model with its steps, as measured. */
export interface TriedModel {
  readonly name: string;
  readonly title: string;
  readonly steps: number;
  readonly provider: string;
  /** Of the result, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Measured, of one frame. */
  readonly seconds: number;
  /** Estimated, of the whole source; null where its length is unknown. */
  readonly total: number | null;
  /** Estimated, of the whole result; null for an image. */
  readonly bytes: number | null;
  readonly added: Added;
  readonly command: string;
}

/** A part of the source. */
export interface Place {
  /** Seconds into the source; null for an image. */
  readonly at: number | null;
  /** The source, as a video that browsers play; null for an image. */
  readonly video: string | null;
  /** In the order of the tries. */
  readonly shots: readonly Shot[];
}

/** One frame and one video of a try. */
export interface Shot {
  readonly image: string;
  /** The plain enlargement of the same frame. */
  readonly plain: string;
  /** Where the model has changed it. */
  readonly map: string;
  readonly added: Added;
  readonly video: string | null;
}
