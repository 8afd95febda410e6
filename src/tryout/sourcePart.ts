import { assembleImages, extractImages } from '../engine/client/imageStreams';
import type { Engine } from '../engine/client/engine';
import { ASSEMBLE_DEFAULTS, type TimedImage } from '../settings/assembleJob';
import { FRAMES_DEFAULTS, type FramesJob } from '../settings/framesJob';
import type { TryJob } from '../settings/tryJob';
import type { Span } from './places';

/** A part of the source as browsers play it. */
export interface SourcePart {
  readonly frames: number;
  /** The frame in the middle, a PNG file. */
  readonly still: Uint8Array;
  /** Its seconds in the source. */
  readonly at: number;
}

/** CRF of H.264 at which nothing is seen of it. */
const FINE = 10;

/** Writes a part of the source, read as the job reads it, to `output` (.mp4). */
export async function sourcePart(
  engine: Engine,
  { seconds: _seconds, models: _models, overwrite: _overwrite, output: _output, ...reading }: TryJob,
  span: Span,
  output: string,
  signal: AbortSignal | undefined,
): Promise<SourcePart> {
  const stills: { readonly data: Uint8Array; readonly time: number }[] = [];
  const job: FramesJob = { ...FRAMES_DEFAULTS, ...reading, trim: span, isUpscaled: false, format: 'png' };
  async function* images(): AsyncGenerator<TimedImage> {
    for await (const { data, time } of extractImages(engine, job, signal)) {
      stills.push({ data, time });
      yield { source: { kind: 'file', data }, time: time - stills[0]!.time };
    }
  }
  const video = { ...ASSEMBLE_DEFAULTS, output, quality: FINE, pixelFormat: 'yuv420p' as const };
  const { frames } = await assembleImages(engine, video, images(), signal);
  const { data: still, time: at } = stills[Math.floor(stills.length / 2)]!;
  return { frames, still, at };
}
