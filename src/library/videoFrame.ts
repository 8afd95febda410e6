import type { RemasterError } from '../errors';
import type { BackpressureWindow } from '../async/backpressure';
import type { Colour } from '../pipeline/media/colour';
import type { Decoded } from '../pipeline/media/decode';
import type { FfmpegBinary } from '../pipeline/media/findFfmpeg';
import type { Frame, Rational } from '../pipeline/media/frame';
import type { VideoInfo } from '../pipeline/media/probe';
import type { FramesJob } from '../settings/framesJob';

/**
 * A frame of a video or a camera. `data`: gamma-coded R′G′B′ in rows from top to bottom; `depth` 8: one byte a sample, 16: two
 * bytes, little-endian, full scale 65535. An operator of your own passes on frames with other pixels and the same other
 * properties: `{ ...frame, data }`.
 */
export interface VideoFrame extends Frame {
  /** What all frames of the source have in common. */
  readonly stream: FrameStream;
}

/** The source of frames, for the operators that follow. */
export interface FrameStream {
  /** Seconds of one tick of `pts`. */
  readonly timeBase: Rational;
  readonly pixelAspect: Rational;
  /** Null when unknown. */
  readonly framesPerSecond: number | null;
  readonly colour: Colour;
  readonly binary: FfmpegBinary;
  /** Bounds the frames alive: an operator that keeps frames holds them in it. */
  readonly window: BackpressureWindow;
  /** Null: a camera. */
  readonly file: VideoFile | null;
}

/** The file that frames come from. */
export interface VideoFile {
  /** The file, and the video in the size in which it is decoded. */
  readonly source: VideoInfo;
  readonly info: VideoInfo;
  readonly settings: Pick<FramesJob, 'trim' | 'maxFps' | 'sequenceRate' | 'deinterlace'>;
  /** Seconds before which no frame is decoded. */
  readonly from: number;
  /** What was decoded so far. */
  readonly decoded: Decoded;
  /** Whether it was read to its end, or to that of the range. */
  isRead(): boolean;
  /** Why it ended early; null: it did not, or not yet. */
  broken(): RemasterError | null;
  /** Called by what reports itself, at its end, what the file lacks: the frames then end without an error. */
  takeOverReport(): void;
}
