import { join } from 'node:path';
import { type CodecName, type Job, JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { description, ff, passthrough, pixels } from './videos';

/** Frames of a segment of these jobs. */
export const SEGMENT = 16;

/** The smallest frame that SVT-AV1 encodes. */
const SIDE = 64;
/** Columns of a bit. */
const BAR = 10;

/** Each frame shows its number in its upper half: six bars are its bits, white for 1. */
const NUMBERED = `geq=lum='if(lt(Y,${SIDE / 2}),255*mod(floor(N/pow(2,floor(X/${BAR}))),2),mod(X*Y*7,256))':cb=128:cr=128`;

interface Kind {
  readonly extension: string;
  /** Frames per second of the generator. */
  readonly rate: string;
  /** A filter that sets the times, and the time base of the encoder. */
  readonly times?: (frames: number) => readonly [filter: string, timeBase: string];
  readonly encoder: readonly string[];
  /** Seconds that the last frame is shown, where it is not a usual time. */
  readonly last?: number;
}

/** Clocks of sources, by kind. */
export const KINDS = {
  constant: { extension: 'mp4', rate: '24000/1001', encoder: ['-c:v', 'libx264', '-video_track_timescale', '24000'] },
  variable: {
    extension: 'mov',
    rate: '25',
    times: () => ['settb=1/600,setpts=N*25+mod(N*7\\,11)', '1/600'],
    encoder: ['-c:v', 'libx264', '-video_track_timescale', '600'],
  },
  gif: {
    extension: 'gif',
    rate: '25',
    times: () => ['settb=1/100,setpts=N*6+mod(N*3\\,5)', '1/100'],
    encoder: ['-c:v', 'gif', '-final_delay', '300'],
    last: 3,
  },
  avi: { extension: 'avi', rate: '25', encoder: ['-c:v', 'mpeg4', '-q:v', '2'] },
  ts: { extension: 'ts', rate: '25', encoder: ['-c:v', 'libx264'] },
  'equal last times': {
    extension: 'mkv',
    rate: '25',
    times: (frames) => [`settb=1/1000,setpts=40*min(N\\,${Math.max(0, frames - 2)})`, '1/1000'],
    encoder: ['-c:v', 'ffv1'],
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;

/** Codecs and the containers they fit. */
export const TARGETS = [
  ['h264', 'mp4'],
  ['h264', 'mov'],
  ['h264', 'mkv'],
  ['h265', 'mp4'],
  ['h265', 'mov'],
  ['h265', 'mkv'],
  ['av1', 'mp4'],
  ['av1', 'mkv'],
  ['ffv1', 'mkv'],
  ['prores', 'mov'],
  ['prores', 'mkv'],
] as const satisfies readonly (readonly [CodecName, string])[];

/** Writes a source and returns its path. */
export async function numberedVideo(folder: string, name: KindName, frames: number): Promise<string> {
  const kind: Kind = KINDS[name];
  const path = join(folder, `${name} ${frames}.${kind.extension}`);
  const [filter, timeBase] = kind.times?.(frames) ?? ['null', null];
  await ff(
    ...['-f', 'lavfi', '-i', `color=size=${SIDE}x${SIDE}:rate=${kind.rate},trim=end_frame=${frames}`],
    ...['-vf', `format=yuv444p,${NUMBERED},format=${kind.extension === 'gif' ? 'pal8' : 'yuv420p'},${filter}`],
    ...(timeBase === null ? [] : [...(await passthrough()), '-enc_time_base', timeBase]),
    ...[...kind.encoder, path],
  );
  return path;
}

/** The number that each frame of a video shows. */
export async function numbers(path: string): Promise<number[]> {
  const data = await pixels(path, 'gray');
  const frames = data.length / SIDE ** 2;
  return Array.from({ length: frames }, (_, n) => {
    const row = (n * SIDE + SIDE / 4) * SIDE;
    return [0, 1, 2, 3, 4, 5].reduce((sum, bit) => sum + (data[row + (bit + 0.5) * BAR]! > 127 ? 2 ** bit : 0), 0);
  });
}

interface Packets {
  readonly num: number;
  readonly den: number;
  /** Presentation times in ticks, increasing, and durations. */
  readonly pts: readonly number[];
  readonly lastDuration: number;
}

/** Times of a video as ffmpeg reads them from its container. */
export async function packets(path: string): Promise<Packets> {
  const text = (
    await ff('-copyts', '-start_at_zero', '-i', `file:${path}`, '-map', '0:v:0', '-c', 'copy', '-f', 'framecrc', '-')
  ).toString();
  const [, num, den] = /^#tb 0: (\d+)\/(\d+)/m.exec(text)!;
  const all = [...text.matchAll(/^0, *-?\d+, *(-?\d+), *(\d+),/gm)].map(
    ([, pts, duration]) => [Number(pts), Number(duration)] as const,
  );
  const sorted = all.toSorted(([a], [b]) => a - b);
  return { num: Number(num), den: Number(den), pts: sorted.map(([pts]) => pts), lastDuration: sorted.at(-1)![1] };
}

export const matrixJob = (input: string, output: string, codec: CodecName): Job => ({
  ...JOB_DEFAULTS,
  model: 'x4',
  ...{ input, output, codec, segment: SEGMENT, overwrite: true, tileCache: null, batch: 4 },
});

/** Compares numbers and times of the frames with the source. Null if they agree, else what differs. */
export async function difference(source: string, output: string, kind: KindName): Promise<string | null> {
  const [a, b] = [await packets(source), await packets(output)];
  const shown = await numbers(output);
  if (shown.length !== a.pts.length || shown.some((number, i) => number !== i)) return `frames ${shown.join(' ')}`;
  if (b.pts.length !== a.pts.length) return `${b.pts.length} packets`;
  // A frame at the time of the one before gets the next tick.
  const wanted = a.pts.reduce<number[]>((all, pts) => [...all, Math.max(pts, (all.at(-1) ?? -1) + 1)], []);
  for (const [i, pts] of b.pts.entries()) {
    const [exact, found] = [wanted[i]! * a.num * b.den, pts * b.num * a.den];
    if (2 * Math.abs(found - exact) > b.num * a.den)
      return `frame ${i} at ${pts}/${b.den} instead of ${wanted[i]}/${a.den}`;
  }
  return (await lastLongEnough(output, wanted.at(-1)! / (a.den / a.num), kind)) ? null : 'duration of the last frame';
}

async function lastLongEnough(output: string, lastTime: number, name: KindName): Promise<boolean> {
  const { last }: Kind = KINDS[name];
  if (last === undefined) return true;
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(await description(output))!;
  return Math.abs(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) - lastTime - last) < 0.011;
}
