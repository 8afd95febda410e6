import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { binary, passthrough } from './videos';

/** Runs ffmpeg. No message of level warning or worse is accepted. */
export function run(program: string, ...args: readonly string[]): string {
  const options = ['-hide_banner', '-nostdin', '-v', 'warning', '-y', ...args];
  const { status, stdout, stderr } = spawnSync(program, options, { maxBuffer: 1 << 28, encoding: 'utf8' });
  assert.equal(`${status} ${stderr}`, '0 ');
  return stdout;
}

export interface Packet {
  /** Seconds. */
  readonly pts: number;
  readonly duration: number;
}

/** The packets of the video, without what an edit list excludes. */
export async function packets(path: string): Promise<readonly Packet[]> {
  const text = run(
    (await binary()).path,
    '-i',
    path,
    '-map',
    '0:v:0',
    ...['-c', 'copy', '-copyts', '-f', 'framecrc', '-'],
  );
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(text)!;
  return [...text.matchAll(/^0, *-?\d+, *(-?\d+), *(\d+),/gm)].map(([, pts, duration]) => ({
    pts: (Number(pts) * Number(num)) / Number(den),
    duration: (Number(duration) * Number(num)) / Number(den),
  }));
}

/** When the last frame begins, in seconds. */
export const lastTime = (list: readonly Packet[]): number => Math.max(...list.map(({ pts }) => pts));

/** All that must not change: times and bytes of packets of all streams, pixels, chapters, and the frames near the end. */
export async function content(path: string): Promise<unknown> {
  const { path: program } = await binary();
  // The bundled ffmpeg ends the edit list of reordered frames too early where the frame rate varies.
  const input = path.endsWith('mkv') ? ['-i', path] : ['-ignore_editlist', '1', '-i', path];
  const [copied, decoded] = [`${path}.copied`, `${path}.decoded`];
  const video = ['-map', '0:v', '-map', '0:a?', ...(await passthrough()), '-max_muxing_queue_size', '999'];
  run(
    program,
    ...[...input, '-map', '0', '-c', 'copy', '-copyts', '-f', 'framecrc', copied],
    ...[...video, '-f', 'framemd5', decoded],
  );
  const last = lastTime(await packets(path));
  const seek = (at: number): readonly string[] =>
    hashes(run(program, '-ss', String(Math.max(0, at)), ...input, '-frames:v', '1', '-an', '-f', 'framemd5', '-'));
  return {
    packets: columns(readFileSync(copied, 'utf8')).map(([stream, dts, pts, , ...rest]) => [stream, dts, pts, ...rest]),
    pixels: hashes(readFileSync(decoded, 'utf8')),
    metadata: run(program, '-v', 'error', '-i', path, '-f', 'ffmetadata', '-'),
    nearEnd: [0.05, 0.55].map((distance) => seek(last - distance)),
  };
}

const columns = (text: string): readonly string[][] =>
  text
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').map((field) => field.trim()));

const hashes = (text: string): readonly string[] => columns(text).map((fields) => `${fields[0]} ${fields.at(-1)}`);
