import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { binary, passthrough } from '../../test/support/videos';
import { FRAMES } from './sources';

/** What ffmpeg on its own makes of a video. */
export interface Seen {
  /** Frames that it decodes. */
  readonly frames: number;
  /** Frames that the times of others show to be missing: between two that are far apart, and half a second at the end. */
  readonly between: number;
  readonly atEnd: number;
  /** Whether it complains. */
  readonly complains: boolean;
}

/** Milliseconds. */
const LIMIT = 60_000;
/** Seconds from frame to frame, and of the whole source. */
const [STEP, WHOLE] = [1 / 25, FRAMES / 25];

export async function seenByFfmpeg(path: string, isFolder = false): Promise<Seen> {
  if (!isFolder) return decoded(path);
  let [frames, between, complains] = [0, 0, false];
  for (const name of readdirSync(path)) {
    const seen = await decoded(join(path, name));
    if (seen.frames > 0) frames++;
    else between++;
    complains ||= seen.complains;
  }
  return { frames, between, atEnd: 0, complains };
}

async function decoded(path: string): Promise<Seen> {
  const { path: program } = await binary();
  const args = [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-i', `file:${path}`, '-map', '0:v:0'],
    ...[...(await passthrough()), '-f', 'framemd5', '-'],
  ];
  return new Promise((resolve) => {
    // An ffmpeg that fails has told what it could decode before.
    execFile(program, args, { maxBuffer: 1 << 26, timeout: LIMIT, killSignal: 'SIGKILL' }, (_error, list, words) =>
      resolve({ ...timed(list), complains: words.trim() !== '' }),
    );
  });
}

function timed(list: string): Omit<Seen, 'complains'> {
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(list) ?? [];
  const times = [...list.matchAll(/^0, *\S+, *(-?\d+),/gm)].map(([, pts]) => (Number(pts) * Number(num)) / Number(den));
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  const wide = steps.filter((step) => step > 2.5 * STEP).map((step) => Math.round(step / STEP) - 1);
  const end = WHOLE - STEP - (times.at(-1) ?? WHOLE);
  return {
    frames: times.length,
    between: wide.reduce((sum, each) => sum + each, 0),
    atEnd: end > 0.5 ? Math.round(end / STEP) : 0,
  };
}
