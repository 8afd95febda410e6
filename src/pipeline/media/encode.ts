import { raceWith } from '../../async/raceWith';
import { RemasterError } from '../../errors';
import { aspectFilter } from './aspect';
import { type Codec } from './codecs';
import { type Colour, fromRgb, tagFilter, tagOptions } from './colour';
import type { FfmpegBinary } from './findFfmpeg';
import type { Rational } from './frame';
import { frameRate } from './frameRate';
import { passthrough } from './passthrough';
import type { Provenance } from './provenance';
import { readNut } from './readNut';
import { runFfmpeg } from './runFfmpeg';

/** How every frame of the result is encoded; the same for all segments of a job. */
export interface Encoding {
  readonly codec: Codec;
  /** Colour of the input frames. */
  readonly colour: Colour;
  readonly width: number;
  readonly height: number;
  /** Size of the encoded frames. */
  readonly stored: { readonly width: number; readonly height: number };
  readonly depth: 8 | 16;
  readonly pixelAspect: Rational;
  /** Nominal; null when unknown. */
  readonly framesPerSecond: number | null;
  /** What the finished file says about its origin. Absent: nothing. */
  readonly provenance?: Provenance;
}

/** Encodes frames into a file. Disposed without `finish`, it leaves an incomplete file for its owner to delete. */
export interface FrameSink extends AsyncDisposable {
  /** Resolves when the encoder has taken the frame, whose memory may then be used again. Await it: this promise is the back-pressure. */
  write(data: Uint8Array): Promise<void>;
  /** Resolves when the file is complete. Errors: ENCODE_FAILED if the encoder failed or lost a frame. */
  finish(): Promise<void>;
}

/** With so many frames an encoder has all of its threads. */
const STARTED = 4;

/**
 * Encodes frames to a NUT file at `path`. The encoder gets bytes without times, so neither the size of a frame nor its
 * clock is limited by a container; it numbers the frames at a constant rate, and `joinNut` gives them their times.
 */
export function createVideo(binary: FfmpegBinary, path: string, encoding: Encoding, signal: AbortSignal): FrameSink {
  const encoder = runFfmpeg(binary, encoderOptions(binary, path, encoding), signal);
  let written = 0;
  // A dead encoder never drains and its pipe only reports EPIPE; `ended` has the reason.
  const throwExitError = async (): Promise<never> => {
    await encoder.ended;
    throw new RemasterError('ENCODE_FAILED', 'ffmpeg exited before it had received all frames.', {
      detail: encoder.stderrTail(),
    });
  };
  const unlessDied = raceWith(encoder.ended.then(throwExitError));
  return {
    async write(data) {
      // The threads of the model wait for each other: taking the core of one stops all. Its start keeps its priority.
      if (++written === STARTED) encoder.yieldCores();
      const taken = new Promise<void>((resolve, reject) =>
        encoder.stdin.write(data, (error) => (error ? reject(error) : resolve())),
      );
      await unlessDied(taken.catch(throwExitError));
    },
    async finish() {
      encoder.stdin.end();
      await encoder.ended;
      const encoded = (await readNut(path)).frames.length;
      if (encoded === written) return;
      const what = `wrote ${encoded} of ${written} frames`;
      throw new RemasterError('ENCODE_FAILED', `The encoder ${encoding.codec.encoder} ${what}.`, {
        remedy: 'Try another codec.',
        detail: encoder.stderrTail(),
      });
    },
    [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
  };
}

function encoderOptions(binary: FfmpegBinary, path: string, encoding: Encoding): string[] {
  const { codec, width, height, depth, pixelAspect, stored, framesPerSecond } = encoding;
  const colour = encodedColour(encoding.colour, codec);
  const { num, den } = nominalRate(framesPerSecond);
  const filters = [
    `scale=${stored.width}:${stored.height}:${fromRgb(colour)}`,
    `format=${codec.pixelFormat}`,
    aspectFilter(pixelAspect),
    tagFilter(colour),
    ...codec.filters,
  ];
  return [
    '-xerror', // any error ends it, with an exit code that says so
    ...codec.device,
    ...['-f', 'rawvideo', '-pixel_format', depth === 8 ? 'rgb24' : 'rgb48le', '-video_size', `${width}x${height}`],
    ...['-framerate', `${num}/${den}`, '-i', 'pipe:0', '-an', '-vf', filters.join(',')],
    ...passthrough(binary),
    // ffmpeg of 2018 does not pass the range to x265.
    ...(codec.encoder === 'libx265' && codec.name === 'h265'
      ? ['-x265-params', `log-level=error:range=${colour.range === 'pc' ? 'full' : 'limited'}`]
      : []),
    ...codec.options,
    ...tagOptions(colour),
    ...['-f', 'nut', '-strict', '-2', '-y', `file:${path}`],
  ];
}

/** The rate for the encoder's decisions and its level: 240 at most, for SVT-AV1; slide shows count as 1. */
const nominalRate = (framesPerSecond: number | null): Rational =>
  frameRate(Math.min(240, Math.max(1, framesPerSecond ?? 25)));

/**
 * The colour of the encoder's input. R′G′B′ sources become BT.709 in codecs that store Y′CbCr; ProRes cannot say that its
 * range is full.
 */
export function encodedColour(colour: Colour, { name, pixelFormat }: Pick<Codec, 'name' | 'pixelFormat'>): Colour {
  if (/^rgb/.test(pixelFormat)) return { ...colour, matrix: 'gbr', range: 'pc' }; // images
  const isRgb = /^(gbr|bgr)/.test(pixelFormat);
  if (colour.matrix === 'gbr' && !isRgb) return { ...colour, matrix: 'bt709', range: 'tv' };
  return name === 'prores' ? { ...colour, range: 'tv' } : colour;
}
