import { spawnSync } from 'node:child_process';
import { type Codec, resolveCodec } from '../../src/pipeline/media/codecs';
import { createVideo, type Encoding } from '../../src/pipeline/media/encode';
import { type FfmpegBinary, findFfmpeg } from '../../src/pipeline/media/findFfmpeg';
import type { Rational } from '../../src/pipeline/media/frame';
import type { Container } from '../../src/settings/container';
import type { CodecName } from '../../src/settings/restoreJob';
import { binary, ff, passthroughOf } from './videos';

/** The ffmpeg of 2018. */
export const bundled = (): Promise<FfmpegBinary> =>
  findFfmpeg((require('@ffmpeg-installer/ffmpeg') as { path: string }).path);

/** Both ffmpegs, named for the titles of tests. */
export const FFMPEGS = [
  ['the ffmpeg found here', binary],
  ['the bundled ffmpeg', bundled],
] as const;

export const never = new AbortController().signal;

/** Runs one of both. No message of level warning or worse is accepted. */
export const run = (ffmpeg: FfmpegBinary, ...args: readonly string[]): Buffer => runWith(ffmpeg, null, ...args);

/** `input`: what it reads from `pipe:0`. */
export function runWith({ path }: FfmpegBinary, input: Buffer | null, ...args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(path, ['-hide_banner', '-nostdin', '-v', 'warning', '-y', ...args], {
    maxBuffer: 1 << 29,
    ...(input && { input }),
  });
  if (status !== 0 || stderr.length > 0) throw new Error(`ffmpeg ${args.join(' ')}: ${status}\n${stderr.toString()}`);
  return stdout;
}

export interface Packet {
  readonly dts: number;
  readonly pts: number;
  readonly duration: number;
  readonly size: number;
  /** Adler-32, as ffmpeg calculates it, from 0. */
  readonly sum: string;
  readonly isKey: boolean;
}

/** The packets of the video as ffmpeg reads them, in coding order. `source`: a path, or a file for its standard input. */
export function packetsOf(
  ffmpeg: FfmpegBinary,
  source: string | Buffer,
  ...options: readonly string[]
): { readonly timeBase: Rational; readonly packets: readonly Packet[] } {
  const [input, data] = typeof source === 'string' ? [`file:${source}`, null] : ['pipe:0', source];
  const copy = ['-map', '0:v:0', '-c', 'copy', '-copyinkf', '-f', 'framecrc', '-'];
  const text = runWith(ffmpeg, data, ...options, '-copyts', '-i', input, ...copy).toString();
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(text)!;
  const line = /^0, *(-?\d+), *(-?\d+), *(-?\d+), *(\d+), 0x([0-9a-f]{8})(?:, F=0x(\w+))?/gm;
  const packets = [...text.matchAll(line)].map(([, dts, pts, duration, size, sum, flags]) => ({
    ...{ dts: Number(dts), pts: Number(pts), duration: Number(duration), size: Number(size), sum: sum! },
    isKey: flags === undefined || Number.parseInt(flags, 16) % 2 === 1,
  }));
  return { timeBase: { num: Number(num), den: Number(den) }, packets };
}

/** Time and checksum of every decoded frame. `source`: a path, or a file for the standard input. */
export function decoded(
  ffmpeg: FfmpegBinary,
  source: string | Buffer,
  ...options: readonly string[]
): { readonly pts: number; readonly sum: string }[] {
  const [input, data] = typeof source === 'string' ? [`file:${source}`, null] : ['pipe:0', source];
  const output = ['-map', '0:v:0', ...passthroughOf(ffmpeg), '-f', 'framecrc', '-'];
  const text = runWith(ffmpeg, data, ...options, '-copyts', '-i', input, ...output).toString();
  return [...text.matchAll(/^0, *-?\d+, *(-?\d+),.*(0x[0-9a-f]{8})/gm)].map(([, pts, sum]) => ({
    pts: Number(pts),
    sum: sum!,
  }));
}

export function adler(bytes: Uint8Array): string {
  let [low, high] = [0, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return (high * 65536 + low).toString(16).padStart(8, '0');
}

/** Large enough for every encoder, and for `testsrc2` to show no frame twice. */
export const SIZE = { width: 128, height: 72 } as const;

/** Frames in rgb24, each different from all others. */
export async function frames(count: number, { width, height }: typeof SIZE = SIZE): Promise<Buffer[]> {
  const pattern = `testsrc2=size=${width}x${height}:rate=25,trim=end_frame=${count}`;
  const all = await ff('-f', 'lavfi', '-i', pattern, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
  return Array.from({ length: count }, (_, i) =>
    all.subarray((i * all.length) / count, ((i + 1) * all.length) / count),
  );
}

export const BT709 = { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', range: 'tv' } as const;

export function codecOf(
  ffmpeg: FfmpegBinary,
  name: CodecName,
  container: Container,
  encoder: string | null = null,
): Codec {
  const job = { codec: name, encoder, quality: null, pixelFormat: null };
  return resolveCodec(ffmpeg, job, { ...SIZE, output: `x.${container}`, depth: 8, chroma: '4:4:4' });
}

export const encodingOf = (codec: Codec, changes: Partial<Encoding> = {}): Encoding => ({
  ...{ codec, colour: BT709, ...SIZE, stored: SIZE, depth: 8, pixelAspect: { num: 1, den: 1 }, framesPerSecond: 25 },
  ...changes,
});

/** Encodes frames to a segment, as jobs do. */
export async function writeSegment(
  ffmpeg: FfmpegBinary,
  path: string,
  codec: Codec,
  data: readonly Uint8Array[],
): Promise<void> {
  await using sink = createVideo(ffmpeg, path, encodingOf(codec), never);
  for (const frame of data) await sink.write(frame);
  await sink.finish();
}
