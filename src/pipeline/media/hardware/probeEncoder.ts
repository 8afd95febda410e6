import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorRecord } from '../../../errors';
import type { Codec } from '../codecs';
import { createVideo } from '../encode';
import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';

/** Frames of the test: an encoder that reorders frames shows it. */
const FRAMES = 4;
/** Size at which the result is compared. */
const SMALL = { width: 32, height: 8 };
/** Mean difference of 255 levels up to which the result is that of the source: encoders differ in rounding, not in the picture. */
const CLOSE = 8;
const LIMIT_MS = 20_000;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Encodes a few frames of this size, exactly as a job does, and decodes them again. Null: they came back; else why not.
 * A success is remembered with the ffmpeg, a failure is not: it may be mended or pass.
 */
export async function probeEncoder(
  binary: FfmpegBinary,
  codec: Codec,
  size: Size,
  signal: AbortSignal,
): Promise<string | null> {
  const key = JSON.stringify([codec.device, codec.options, codec.filters, size.width, size.height]);
  if (binary.passed.has(key)) return null;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  const why = await encodeAndCompare(binary, codec, size, limit).catch((error: unknown) => reasonOf(error));
  signal.throwIfAborted();
  if (why === null) binary.passed.add(key);
  return why;
}

async function encodeAndCompare(
  binary: FfmpegBinary,
  codec: Codec,
  { width, height }: Size,
  signal: AbortSignal,
): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'remaster-probe-'));
  try {
    const path = join(folder, 'probe.nut');
    const colour = { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' } as const;
    const stored = { width, height };
    const shape = { pixelAspect: { num: 1, den: 1 }, framesPerSecond: 25, depth: 8 } as const;
    {
      await using sink = createVideo(binary, path, { codec, colour, width, height, stored, ...shape }, signal);
      for (let n = 0; n < FRAMES; n++) await sink.write(ramp(width, height, n));
      await sink.finish();
    }
    const decode = ['-i', `file:${path}`, '-vf', `scale=${SMALL.width}:${SMALL.height}:flags=area,format=gray`];
    const decoded = await ffmpegOutput(binary, [...decode, '-f', 'rawvideo', 'pipe:1'], signal);
    return compare(decoded);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A ramp from left to right, brighter in every frame. */
function ramp(width: number, height: number, n: number): Uint8Array {
  const row = Uint8Array.from({ length: 3 * width }, (_, i) => level(Math.floor(i / 3) / width, n));
  return Buffer.alloc(3 * width * height).fill(row);
}

const level = (share: number, n: number): number => Math.round(20 + 140 * share + 20 * n);

function compare(decoded: Buffer): string | null {
  const { width, height } = SMALL;
  const count = decoded.length / (width * height);
  if (count !== FRAMES) return `of ${FRAMES} test frames ${count} came back`;
  let sum = 0;
  for (const [i, value] of decoded.entries()) {
    const share = ((i % width) + 0.5) / width;
    sum += Math.abs(value - level(share, Math.floor(i / (width * height))));
  }
  const mean = sum / decoded.length;
  return mean <= CLOSE ? null : `the test frames came back wrong, by ${mean.toFixed(0)} of 255 levels`;
}

/** The first line that ffmpeg has said, without the name of its part. */
function reasonOf(error: unknown): string {
  const { detail, message } = errorRecord(error);
  const line = detail.trim().split('\n')[0] ?? '';
  return line.replace(/^(?:\[[^\]]*\] *)+/, '').slice(0, 200) || message;
}
