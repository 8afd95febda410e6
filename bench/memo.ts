/**
 * bench/memo: what is saved by not inferring again what has not changed, whether the result is the same, and what looking
 * costs where nothing can be saved. Each film is restored with the memo off, exact, and with a tolerance, in the same
 * tiles (the ones the exact memo chooses); "speed-up" is against the memo off in the model's own tiles. What looking costs is
 * measured apart, by remembering noise in which nothing is ever the same: with the model left out, for its time would hide it.
 * Usage: node dist/bench/memo.js [steps=1] [frames=48] [lines=72] [films: FILE …]
 * First a still photograph in front of a simulated camera (a moving box, sensor noise, x264 at several rates), then the films, scaled
 * down to so many lines.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createEngine, type Engine } from '../src/engine/client';
import { openModel } from '../src/model/host';
import type { Model } from '../src/model/model';
import { settle } from '../src/pipeline/colour';
import { openVideo } from '../src/pipeline/decode';
import { enhancer } from '../src/pipeline/enhance';
import { findFfmpeg } from '../src/pipeline/ffmpegBinary';
import type { Frame } from '../src/pipeline/frame';
import { type Job, JOB_DEFAULTS, type Result } from '../src/pipeline/job';
import { memoTile } from '../src/pipeline/memoTile';
import { probe } from '../src/pipeline/probe';
import { reducedSize } from '../src/pipeline/reduce';
import { modelRequest } from '../src/pipeline/restore';
import { film, workFolder } from './film';
import { median, printTable } from './table';

const [steps, frames, lines] = [2, 3, 4].map((at, i) => Number(process.argv[at] ?? [1, 48, 72][i])) as [
  number,
  number,
  number,
];
const TOLERANCE = 4;
/** Of the simulated camera. */
const WIDTH = 2 * Math.round((lines * 8) / 9);
const never = new AbortController().signal;
const request = modelRequest({ ...JOB_DEFAULTS, steps });

/** A camera that stands still: one picture, a box that moves, noise of the sensor, and a codec. */
async function camera(path: string, noise: number, crf: number): Promise<string> {
  const { path: program } = await findFfmpeg();
  const still = await film(`${path}.still.mp4`, `${WIDTH}x${lines}`, 1);
  const grain = noise === 0 ? '' : `,noise=alls=${noise}:allf=t`;
  const side = 2 * Math.round(lines / 15);
  const box = `color=0xd0a060:size=${side}x${side}:rate=25[b];[0]loop=-1:1,setpts=N/25/TB[s];[s][b]overlay=x='mod(2*n,${WIDTH - side})':y=${Math.round(lines * 0.7)}:shortest=1`;
  const filter = `${box}${grain},format=yuv420p`;
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(crf), '-g', '50'];
  execFileSync(program, [
    '-v',
    'error',
    '-y',
    '-i',
    still,
    '-filter_complex',
    filter,
    '-frames:v',
    String(frames),
    ...codec,
    path,
  ]);
  return path;
}

async function tileOf(input: string): Promise<number | null> {
  const binary = await findFfmpeg();
  const info = reducedSize(await probe(binary, input, never), lines);
  await using opened = await openModel({ ...request, depth: 8 });
  const options = {
    colour: settle(info.colour, info),
    depth: 8,
    deinterlace: false,
    stabilize: 'off',
    hwaccel: 'off',
    from: 0,
  } as const;
  await using source = openVideo(binary, info, options, never);
  return await memoTile(source.read(), opened.info, info, 0);
}

const framesHash = async (path: string): Promise<string> => {
  const { path: program } = await findFfmpeg();
  const bytes = execFileSync(program, ['-v', 'error', '-i', path, '-f', 'framemd5', '-'], { maxBuffer: 1 << 28 });
  return createHash('sha256').update(bytes).digest('hex');
};

async function row(
  engine: Engine,
  folder: string,
  name: string,
  input: string,
): Promise<Record<string, string | number>> {
  const run = async (label: string, changes: Partial<Job>): Promise<Result & { hash: string }> => {
    const output = join(folder, `${label}.mkv`);
    const some = { maxHeight: lines, trim: { start: 0, end: (frames + 0.5) / rate } };
    const base: Job = { ...JOB_DEFAULTS, input, output, overwrite: true, codec: 'ffv1', steps, batch: 1, ...some };
    const job: Job = { ...base, ...changes };
    const result = await engine.run(job).result;
    return { ...result, hash: await framesHash(output) };
  };
  const tile = await tileOf(input);
  const rate = (await engine.ask('probe', { input })).fps ?? 25;
  const own = await run('own', { memo: null });
  const off = tile === null ? own : await run('off', { memo: null, tile });
  const on = await run('on', { memo: 0, tile });
  const near = await run('near', { memo: TOLERANCE, tile });
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return {
    film: name,
    frames: own.framesOut,
    tiles: tile ?? 'own',
    'unchanged tiles': percent(on.memo!.share),
    'seconds, off': own.elapsed.toFixed(1),
    'seconds, exact': on.elapsed.toFixed(1),
    'speed-up': (own.elapsed / on.elapsed).toFixed(2),
    'same bytes as off': on.hash === off.hash ? 'yes' : 'NO',
    [`unchanged within ${TOLERANCE}`]: percent(near.memo!.share),
    'speed-up ': (own.elapsed / near.elapsed).toFixed(2),
  };
}

/** What comparing and remembering cost in a film in which no tile is ever the same. The model's time would hide it, so it is left out, and set beside it. */
async function looking(): Promise<Record<string, string | number>> {
  const [width, height, rounds] = [320, 180, 9];
  await using x4 = await openModel({ ...request, depth: 8 });
  const { scale, tile } = x4.info;
  const nothing: Model = { ...x4, run: async ({ data }) => new Uint8Array(data.length * scale ** 2) };
  const noise = (index: number): Frame => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31 + index * 17) % 251);
    return { index, pts: index, scene: 0, width, height, depth: 8, data };
  };
  const pictures = Array.from({ length: 20 }, (_, index) => noise(index));
  const per = async (model: Model, memo: number | null, list: readonly Frame[]): Promise<number> => {
    const choice = { tile: null, overlap: null, colorFix: null, noise: 'shared', memo, segment: 100 } as const;
    const { run } = enhancer(model, { width, height }, choice, () => {});
    const started = performance.now();
    for (const picture of list) await run([picture], never);
    return (performance.now() - started) / list.length;
  };
  const [off, on]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    off.push(await per(nothing, null, pictures));
    on.push(await per(nothing, 0, pictures));
  }
  const inference = await per(x4, null, pictures.slice(0, 4));
  const cost = median(on) - median(off);
  return {
    frame: `${width}×${height}, ${width * height <= tile.wholeUpTo ? 'whole' : `tiles of ${tile.size}`}`,
    'looking, ms a frame': cost.toFixed(2),
    'model, ms a frame': inference.toFixed(0),
    'cost at 0 % hits': `${((100 * cost) / inference).toFixed(2)} %`,
  };
}

async function main(): Promise<void> {
  const folder = workFolder();
  const engine = createEngine();
  try {
    const cameras = await Promise.all(
      [[0, 23], [4, 23], [4, 28], [4, 33], [8, 28], [8, 33]].map(async ([noise, crf]) => {
        const path = await camera(join(folder, `camera-${noise}-${crf}.mp4`), noise!, crf!);
        return [`still camera, noise ${noise}, crf ${crf}`, path] as const;
      }),
    ); // prettier-ignore
    const films = process.argv.slice(5).map((path) => [basename(path), path] as const);
    const rows: Record<string, string | number>[] = [];
    for (const [name, path] of [...cameras, ...films]) rows.push(await row(engine, folder, name, path));
    printTable(`bench/memo: x4, ${steps} step(s), ${frames} frames of at most ${lines} lines`, rows);
    printTable('bench/memo: what looking costs where nothing is ever the same', [await looking()]);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
