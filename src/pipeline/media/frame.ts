/** An exact fraction, as ffmpeg writes it: 30000/1001. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/**
 * One picture as it is shown: gamma-coded R′G′B′ after rotation and deinterlacing, rows top to bottom, no padding.
 * `depth` 8: one byte a sample, byte (y·width + x)·3 + c. `depth` 16: two bytes a sample, little-endian, full scale 65535.
 */
export interface Frame {
  readonly index: number;
  /** Presentation time in ticks of the source's time base. */
  readonly pts: number;
  /** Presentation time of the first frame of this frame's shot: keys the noise. */
  readonly scene: number;
  /** That frame's picture, which some models want to see (`Model.prompt`). Absent: nobody asked for it, or it is this one. */
  readonly shotFirstFrame?: Pick<Frame, 'width' | 'height' | 'data'>;
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 16;
  readonly data: Uint8Array;
  /** Where a model is to fill holes: [height, width], 255 in a hole and 0 elsewhere. */
  readonly mask?: Uint8Array;
}

/** Pixels of a frame, and no more of it. */
export type FramePixels = Pick<Frame, 'width' | 'height' | 'depth' | 'data'>;

/** A picture, rgb24. */
export interface RgbFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
