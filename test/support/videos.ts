import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'mocha';
import { type FfmpegBinary, findFfmpeg } from '../../src/pipeline/media/findFfmpeg';

/** A new folder, deleted after the tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'remaster test '));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let found: Promise<FfmpegBinary> | undefined;
/** The ffmpeg that remaster uses on this machine. */
export const binary = (): Promise<FfmpegBinary> => (found ??= findFfmpeg());

/** Runs ffmpeg to create or examine a video. Throws with its messages when it fails. */
export async function ff(...args: readonly string[]): Promise<Buffer> {
  const { path } = await binary();
  const { status, stdout, stderr } = spawnSync(path, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args], {
    maxBuffer: 1 << 29,
  });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}\n${stderr.toString()}`);
  return stdout;
}

/** `frames` frames of a moving test pattern, with enough motion that every frame differs. */
export const moving = (size = '64x36', rate = '25', frames = 12): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate},trim=end_frame=${frames}`],
];

/** The options of an ffmpeg that neither drop nor repeat frames. ffmpeg 9 has no `-vsync`, 2018 no `-fps_mode`. */
export const passthroughOf = ({ hasFpsMode }: FfmpegBinary): string[] =>
  hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];

/** Those of the ffmpeg found here. */
export const passthrough = async (): Promise<string[]> => passthroughOf(await binary());

/** All pixels of a video as displayed, rgb24. */
export const pixels = async (path: string, format = 'rgb24'): Promise<Buffer> =>
  ff(
    ...['-i', `file:${path}`, '-map', '0:v:0', ...(await passthrough())],
    ...['-sws_flags', 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp'],
    ...['-f', 'rawvideo', '-pix_fmt', format, '-'],
  );

/** Times of all frames in increasing seconds, and the time base. */
export async function times(path: string): Promise<{ readonly seconds: readonly number[]; readonly base: string }> {
  const text = (
    await ff('-i', `file:${path}`, '-map', '0:v:0', '-c', 'copy', '-copyts', '-f', 'framecrc', '-')
  ).toString();
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(text)!;
  const ticks = [...text.matchAll(/^0, *-?\d+, *(-?\d+),/gm)].map(([, pts]) => Number(pts)).toSorted((a, b) => a - b);
  return { seconds: ticks.map((tick) => (tick * Number(num)) / Number(den)), base: `${num}/${den}` };
}

/** ffmpeg's messages while it decodes the video of a file: empty for an intact one. */
export async function decoderMessages(path: string): Promise<string> {
  const { path: program } = await binary();
  const args = ['-hide_banner', '-nostdin', '-v', 'warning', '-i', `file:${path}`, '-map', '0:v:0', '-f', 'null', '-'];
  return spawnSync(program, args).stderr.toString();
}

/** ffmpeg's description of a file. */
export async function description(path: string): Promise<string> {
  const { path: program } = await binary();
  return spawnSync(program, ['-hide_banner', '-i', `file:${path}`]).stderr.toString();
}

/** The mean difference of the bytes of two frames. */
export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) throw new Error(`${a.length} bytes against ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}
