/** What a model is chosen by. A camera is known before it is connected, so nothing else of it counts. */
export type SourceTraits = FrameTraits | { readonly kind: 'camera' };

/** Of a video file or an image. */
export interface FrameTraits {
  readonly kind: 'video' | 'image';
  /** Pixels of a frame as the model gets it. */
  readonly width: number;
  readonly height: number;
  /** Null for an image, and where it is unknown. */
  readonly framesPerSecond: number | null;
  readonly isInterlaced: boolean;
  /** ffmpeg's name of the codec; of an image its format. */
  readonly codec: string;
  /** Stored bits per pixel of a frame; null = unknown. */
  readonly bitsPerPixel: number | null;
  /** Standard deviation of the noise in smooth areas, of 255 levels; null where no area shows it. */
  readonly noise: number | null;
}
