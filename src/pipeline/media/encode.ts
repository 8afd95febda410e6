import { once } from 'node:events';
import { RemasterError } from '../../errors';
import { type Codec } from './codecs';
import { type Colour, fromRgb, tagOptions } from './colour';
import type { FfmpegBinary } from './findFfmpeg';
import type { Frame, Rational } from './frame';
import { matroskaFrameHeader, matroskaHeader } from './matroska';
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
  readonly timeBase: Rational;
  /** Nominal; null when unknown. */
  readonly framesPerSecond: number | null;
}

/** Encodes frames into a file. Disposed without `finish`, it leaves an incomplete file for its owner to delete. */
export interface FrameSink extends AsyncDisposable {
  /** Resolves when the encoder is ready for more. Await it: this promise is the back-pressure. */
  write(frame: Pick<Frame, 'pts' | 'data'>): Promise<void>;
  /** Resolves when the file is complete. */
  finish(): Promise<void>;
}

/** Encodes frames to `path`. The time of the first frame is time 0 of the file. */
export function createVideo(binary: FfmpegBinary, path: string, encoding: Encoding, signal: AbortSignal): FrameSink {
  const { codec, timeBase, pixelAspect, stored } = encoding;
  const colour = encodedColour(encoding.colour, codec.pixelFormat);
  const filters = [
    `scale=${stored.width}:${stored.height}:${fromRgb(colour)}`,
    `format=${codec.pixelFormat}`,
    `setsar=${pixelAspect.num}/${pixelAspect.den}`,
  ];
  const encoder = runFfmpeg(
    binary,
    [
      ...['-f', 'matroska', '-i', 'pipe:0', '-an', '-vf', filters.join(',')],
      ...(binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']),
      ...['-enc_time_base', `${timeBase.num}/${timeBase.den}`],
      ...codec.options,
      ...tagOptions(colour),
      ...timescale(codec.segment, timeBase),
      ...(codec.segment === 'matroska' ? [] : withoutEditList(binary, codec)),
      ...['-f', codec.segment, '-y', `file:${path}`],
    ],
    signal,
  );
  let first: number | null = null;
  // A dead encoder never drains and its pipe only reports EPIPE; `ended` has the reason.
  const throwExitError = async (): Promise<never> => {
    await encoder.ended;
    throw new RemasterError('ENCODE_FAILED', 'ffmpeg exited before it had received all frames.', {
      detail: encoder.stderrTail(),
    });
  };
  const send = async (bytes: Uint8Array): Promise<void> => {
    if (encoder.stdin.destroyed) await throwExitError();
    if (!encoder.stdin.write(bytes))
      await Promise.race([once(encoder.stdin, 'drain').catch(throwExitError), encoder.ended.then(throwExitError)]);
  };
  return {
    async write({ pts, data }) {
      if (first === null) await send(matroskaHeader(encoding));
      first ??= pts;
      await send(matroskaFrameHeader(pts - first, timeBase, data.length));
      await send(data);
    },
    async finish() {
      encoder.stdin.end();
      await encoder.ended;
    },
    [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
  };
}

/**
 * Segments have no edit list: where the duration of a frame is unknown, the list ends before the last frame and readers
 * drop it. Reordered frames then need negative offsets, which the bundled ffmpeg (2018) cannot write: it encodes
 * without reordering.
 */
function withoutEditList(binary: FfmpegBinary, { encoder }: Codec): string[] {
  if (binary.hasFpsMode) return ['-use_editlist', '0', '-movflags', '+negative_cts_offsets'];
  return [
    '-use_editlist',
    '0',
    '-bf',
    '0',
    ...(encoder === 'libx265' ? ['-x265-params', 'log-level=error:bframes=0'] : []),
  ];
}

/** The colour of the encoder's input. R′G′B′ sources become BT.709 in codecs that store Y′CbCr. */
export function encodedColour(colour: Colour, pixelFormat: string): Colour {
  const isRgb = /^(gbr|bgr)/.test(pixelFormat);
  return colour.matrix === 'gbr' && !isRgb ? { ...colour, matrix: 'bt709', range: 'tv' } : colour;
}

/**
 * Sets the time scale of MP4 and MOV files to the time base of the source; other containers need no option or have
 * none.
 */
export const timescale = (container: string, timeBase: Rational): string[] =>
  container === 'mp4' || container === 'mov'
    ? ['-video_track_timescale', String(Math.round(timeBase.den / gcd(timeBase.num, timeBase.den)))]
    : [];

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
