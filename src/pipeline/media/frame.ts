/** An exact fraction, as ffmpeg writes it: 30000/1001. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/**
 * One frame as displayed: gamma-coded R′G′B′ after rotation and deinterlacing, rows top to bottom, no padding. `depth`
 * 8: one byte a sample, byte (y·width + x)·3 + c. `depth` 16: two bytes a sample, little-endian, full scale 65535.
 */
export interface Frame {
  readonly index: number;
  /** Presentation time in ticks of the source's time base. */
  readonly pts: number;
  /** Presentation time of the first frame of the shot: the key of the noise. */
  readonly scene: number;
  /**
   * The first frame of the shot, needed by models with a prompt (`Model.prompt`). Absent if not requested, or in that
   * frame.
   */
  readonly shotFirstFrame?: Pick<Frame, 'width' | 'height' | 'data'>;
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 16;
  readonly data: Uint8Array;
  /** The inpainting mask: [height, width], 255 where pixels are replaced and 0 elsewhere. */
  readonly mask?: Uint8Array;
}

/** The pixels of a frame. */
export type FramePixels = Pick<Frame, 'width' | 'height' | 'depth' | 'data'>;

/** A frame in rgb24. */
export interface RgbFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
