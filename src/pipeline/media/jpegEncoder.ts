import { once } from 'node:events';
import { deferred } from '../../async/deferred';
import { ifLate } from '../../async/ifLate';
import type { FfmpegBinary } from './findFfmpeg';
import type { RgbFrame } from './frame';
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

/** JPEG quality of ffmpeg, 2…31: at 4 the loss is invisible in moving video. */
const QUALITY = '4';
/** Milliseconds after which an encoder without output is stopped. */
const ENCODE_TIMEOUT = 10_000;
/** Ends with the end-of-image marker, which does not occur inside the coded data. */
const isComplete = (bytes: Buffer): boolean => bytes.length > 2 && bytes.readUInt16BE(bytes.length - 2) === 0xffd9;

export function jpegEncoder(binary: FfmpegBinary, signal: AbortSignal): JpegEncoder {
  let encoder: Ffmpeg | null = null;
  let key = '';
  return {
    async encode(frame) {
      const { width, height, stored } = frame;
      const wanted = [width, height, stored.width, stored.height].join();
      if (wanted !== key) {
        await encoder?.[Symbol.asyncDispose]();
        encoder = start(binary, frame, signal);
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
      await encoder?.[Symbol.asyncDispose]();
    },
  };
}

function start(binary: FfmpegBinary, { width, height, stored }: FrameToEncode, signal: AbortSignal): Ffmpeg {
  const scale = stored.width === width && stored.height === height ? [] : [`scale=${stored.width}:${stored.height}`];
  return runFfmpeg(
    binary,
    [
      ...['-threads', '1', '-probesize', '32', '-analyzeduration', '0'],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-i', 'pipe:0'],
      ...['-vf', [...scale, 'scale=out_range=pc:out_color_matrix=bt601', 'format=yuvj420p'].join(',')],
      ...(binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']),
      ...['-threads', '1', '-c:v', 'mjpeg', '-q:v', QUALITY, '-flush_packets', '1', '-f', 'image2pipe', 'pipe:1'],
    ],
    signal,
  );
}

async function encodeFrame(encoder: Ffmpeg, data: Uint8Array): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  const complete = deferred<void>();
  const collect = (part: Buffer): void => {
    parts.push(part);
    if (isComplete(part)) complete.resolve();
  };
  encoder.stdout.on('data', collect);
  const died = encoder.ended.then(() => {
    throw new Error('the JPEG encoder has exited');
  });
  const encoded = async (): Promise<void> => {
    if (!encoder.stdin.write(data)) await Promise.race([once(encoder.stdin, 'drain'), died]);
    await Promise.race([complete.promise, died]);
  };
  try {
    await ifLate(encoded(), ENCODE_TIMEOUT, () => void encoder.quit(0));
    return Buffer.concat(parts);
  } finally {
    encoder.stdout.off('data', collect);
  }
}

const JPEG_LIMIT = 10_000;

export async function encodeJpeg(binary: FfmpegBinary, { width, height, data }: RgbFrame): Promise<Uint8Array> {
  await using encoder = runFfmpeg(
    binary,
    [
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-i', 'pipe:0', '-frames:v', '1'],
      ...['-vf', 'scale=out_range=pc:out_color_matrix=bt601,format=yuvj420p'],
      ...['-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe', 'pipe:1'],
    ],
    AbortSignal.timeout(JPEG_LIMIT),
  );
  const parts: Buffer[] = [];
  encoder.stdout.on('data', (part: Buffer) => parts.push(part));
  encoder.stdin.end(data);
  await encoder.ended;
  return Buffer.concat(parts);
}
