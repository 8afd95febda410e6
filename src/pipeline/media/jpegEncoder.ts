import { once } from 'node:events';
import { deferred } from '../../async/deferred';
import { ifLate } from '../../async/ifLate';
import { raceWith } from '../../async/raceWith';
import type { FfmpegBinary } from './findFfmpeg';
import type { RgbFrame } from './frame';
import { passthrough } from './passthrough';
import { type Ffmpeg, runFfmpeg } from './runFfmpeg';

/**
 * Encodes JPEGs, one at a time. One ffmpeg is kept for all frames of one size, because starting it costs more than
 * encoding a frame.
 */
export interface JpegEncoder extends AsyncDisposable {
  encode(frame: FrameToEncode): Promise<Uint8Array>;
}

/** A frame, and the size of its JPEG. */
interface FrameToEncode extends RgbFrame {
  readonly stored: { readonly width: number; readonly height: number };
}

const rawInput = ({ width, height }: Pick<RgbFrame, 'width' | 'height'>): readonly string[] => [
  ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-i', 'pipe:0'],
];
const JPEG_COLOUR = 'scale=out_range=pc:out_color_matrix=bt601,format=yuvj420p';
/** Of ffmpeg's qualities 2…31, at 4 the loss is invisible in moving video. */
const JPEG_OUTPUT = ['-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe', 'pipe:1'] as const;
/** Milliseconds after which an encoder without output is stopped. */
const ENCODE_TIMEOUT = 10_000;
/** The last two bytes of a JPEG, which do not occur inside the coded data. */
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

export function jpegEncoder(binary: FfmpegBinary, signal: AbortSignal): JpegEncoder {
  let encoder: Encoder | null = null;
  let key = '';
  return {
    async encode(frame) {
      const { width, height, stored } = frame;
      const wanted = [width, height, stored.width, stored.height].join();
      if (wanted !== key) {
        await encoder?.ffmpeg[Symbol.asyncDispose]();
        encoder = encoderOf(start(binary, frame, signal));
        key = wanted;
      }
      try {
        return await encodeFrame(encoder!, frame.data);
      } catch (error) {
        key = ''; // the next frame starts a new encoder
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      await encoder?.ffmpeg[Symbol.asyncDispose]();
    },
  };
}

interface Encoder {
  readonly ffmpeg: Ffmpeg;
  /** Settles like its promise, or rejects when ffmpeg has exited. */
  readonly unlessDied: ReturnType<typeof raceWith>;
}

const encoderOf = (ffmpeg: Ffmpeg): Encoder => {
  const died = ffmpeg.ended.then(() => {
    throw new Error('the JPEG encoder has exited');
  });
  return { ffmpeg, unlessDied: raceWith(died) };
};

function start(binary: FfmpegBinary, { width, height, stored }: FrameToEncode, signal: AbortSignal): Ffmpeg {
  const scale = stored.width === width && stored.height === height ? [] : [`scale=${stored.width}:${stored.height}`];
  return runFfmpeg(
    binary,
    [
      ...['-threads', '1', '-probesize', '32', '-analyzeduration', '0', ...rawInput({ width, height })],
      ...['-vf', [...scale, JPEG_COLOUR].join(','), ...passthrough(binary)],
      ...['-threads', '1', '-flush_packets', '1', ...JPEG_OUTPUT],
    ],
    signal,
  );
}

async function encodeFrame({ ffmpeg, unlessDied }: Encoder, data: Uint8Array): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  const complete = deferred<void>();
  let last = Buffer.alloc(0); // bytes: the marker may come in two parts
  const collect = (part: Buffer): void => {
    parts.push(part);
    last = Buffer.concat([last, part.subarray(-2)]).subarray(-2);
    if (last.equals(END_OF_IMAGE)) complete.resolve();
  };
  ffmpeg.stdout.on('data', collect);
  const encoded = async (): Promise<void> => {
    if (!ffmpeg.stdin.write(data)) await unlessDied(once(ffmpeg.stdin, 'drain'));
    await unlessDied(complete.promise);
  };
  try {
    await ifLate(encoded(), ENCODE_TIMEOUT, () => void ffmpeg.quit(0));
    return Buffer.concat(parts);
  } finally {
    ffmpeg.stdout.off('data', collect);
  }
}

const JPEG_LIMIT = 10_000;

export async function encodeJpeg(binary: FfmpegBinary, { width, height, data }: RgbFrame): Promise<Uint8Array> {
  await using encoder = runFfmpeg(
    binary,
    [...rawInput({ width, height }), '-frames:v', '1', '-vf', JPEG_COLOUR, ...JPEG_OUTPUT],
    AbortSignal.timeout(JPEG_LIMIT),
  );
  const parts: Buffer[] = [];
  encoder.stdout.on('data', (part: Buffer) => parts.push(part));
  encoder.stdin.end(data);
  await encoder.ended;
  return Buffer.concat(parts);
}
