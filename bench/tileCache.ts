/**
 * bench/tileCache: time that the tile cache saves, whether its result is identical, and its cost when nothing can be skipped. The
 * frames of each video are processed with the cache off and with exact comparison, in the tiles that the cache chooses. The
 * speed-up is relative to the cache off with the model's own tiles, measured on a few frames. For a tolerance, skipped tiles
 * are only counted. Times are CPU seconds, which other processes affect less than elapsed time.
 * Usage: node dist/bench/tileCache.js [model=x4-live] [frames=36] [lines=288] [VIDEO …]
 * The first videos simulate a static camera (a photo, a moving box, sensor noise, x264 at several rates) that has been running
 * for two and a half seconds, with one key frame in the measured part; then the given videos, scaled down to the lines.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openModel } from '../src/model/inference/openModel';
import type { Model } from '../src/model/model';
import { chooseTileSize, type SmallTiles } from '../src/pipeline/frames/chooseTileSize';
import { modelRequest } from '../src/pipeline/frames/modelRequest';
import { tileProcessor } from '../src/pipeline/frames/upscaleTiles';
import { resolveColour } from '../src/pipeline/media/colour';
import { openVideo } from '../src/pipeline/media/decode';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import type { Frame } from '../src/pipeline/media/frame';
import { probe } from '../src/pipeline/media/probe';
import { limitHeight } from '../src/pipeline/media/resize';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { median, printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const name = process.argv[2] ?? 'x4-live';
const frames = Number(process.argv[3] ?? 36);
const lines = Number(process.argv[4] ?? 288);
const TOLERANCE = 4;
/** Frames to measure the time without the cache. */
const SAMPLE = 6;
/** Skipped frames of the simulated camera, which has been running for a while, and frames between its key frames. */
const [SKIP, KEY] = [66, 50];
/** Width of the simulated camera. */
const WIDTH = 2 * Math.round((lines * 8) / 9);
const never = new AbortController().signal;

/** Simulates a static camera: a photo, a moving box, sensor noise and a codec. */
async function camera(path: string, noise: number, crf: number): Promise<string> {
  const { path: program } = await findFfmpeg();
  const still = await testVideo(`${path}.still.mp4`, `${WIDTH}x${lines}`, 1);
  const grain = noise === 0 ? '' : `,noise=alls=${noise}:allf=t`;
  const side = 2 * Math.round(lines / 15);
  const place = `x='mod(2*n,${WIDTH - side})':y=${Math.round(lines * 0.7)}`;
  const box = `color=0xd0a060:size=${side}x${side}:rate=25[b];[0]loop=-1:1,setpts=N/25/TB[s];[s][b]overlay=${place}`;
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(crf), '-g', String(KEY)];
  const filters = ['-filter_complex', `${box}:shortest=1${grain},format=yuv420p`, '-frames:v', String(SKIP + frames)];
  execFileSync(program, ['-v', 'error', '-y', '-i', still, ...filters, ...codec, path]);
  return path;
}

/** The first frames of a video. */
async function framesOf(input: string, skip: number): Promise<readonly Frame[]> {
  const binary = await findFfmpeg();
  const info = limitHeight(await probe(binary, input, never), lines);
  const colour = resolveColour(info.colour, info);
  const options = { colour, depth: 8, temporalDenoise: 'off', hwaccel: 'off', from: 0 } as const;
  await using source = openVideo(binary, info, options, never);
  const found: Frame[] = [];
  for await (const frame of source.read()) {
    found.push(frame);
    if (found.length === skip + frames) break;
  }
  return found.slice(skip);
}

/** Processes frames one by one. Returns CPU seconds per frame, the share of skipped tiles and a hash over all pixels. */
async function processed(model: Model, list: readonly Frame[], tileCache: number | null, cut: SmallTiles | null) {
  const choice = {
    ...(cut ?? { tile: null, overlap: null }),
    colorFix: null,
    noise: 'shared',
    tileCache,
    segment: 100,
  } as const;
  const processor = tileProcessor(model, list[0]!, choice, () => {});
  const hash = createHash('sha256');
  const started = process.cpuUsage();
  for (const frame of list) hash.update((await processor.run([frame], never))[0]!.data);
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6 / list.length;
  return { seconds, share: processor.cacheStats?.share ?? 0, hash: hash.digest('hex') };
}

/** A model that returns black frames of the right size. */
const blackModel = (model: Model): Model => ({
  ...model,
  run: async ({ data }) => new Uint8Array(data.length * model.info.scale ** 2),
});

async function row(model: Model, label: string, input: string, skip: number): Promise<Record<string, string | number>> {
  const list = await framesOf(input, skip);
  const { width, height } = list[0]!;
  const each = async function* (): AsyncGenerator<Frame> {
    yield* list;
  };
  const cut = await chooseTileSize(each(), model.info, { width, height }, { tileCache: 0, overlap: null });
  const off = await processed(model, list, null, cut);
  const own = cut === null ? off : await processed(model, list.slice(0, SAMPLE), null, null);
  const on = await processed(model, list, 0, cut);
  const near = await processed(blackModel(model), list, TOLERANCE, cut);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return {
    video: label,
    size: `${width}×${height}`,
    frames: list.length,
    tiles: cut?.tile ?? 'own',
    'unchanged tiles': percent(on.share),
    'per frame, own tiles, off': `${own.seconds.toFixed(2)} s`,
    'chosen tiles, off': `${off.seconds.toFixed(2)} s`,
    'chosen tiles, exact': `${on.seconds.toFixed(2)} s`,
    'speed-up': (own.seconds / on.seconds).toFixed(2),
    'same bytes as off': on.hash === off.hash ? 'yes' : 'NO',
    [`unchanged within ${TOLERANCE}`]: percent(near.share),
  };
}

/**
 * Worst-case cost of the cache: no tile is ever the same, and only the last pixel differs. Measured without the model, whose
 * time would hide it.
 */
async function comparisonCost(model: Model): Promise<Record<string, string | number>> {
  const [width, height, rounds] = [320, 180, 9];
  const list = Array.from({ length: 20 }, (_, index): Frame => {
    const data = Uint8Array.from({ length: width * height * 3 }, (__, i) => (i * 31) % 251);
    data[data.length - 1] = index;
    return { index, pts: index, scene: 0, width, height, depth: 8, data };
  });
  const [off, on]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    off.push((await processed(blackModel(model), list, null, null)).seconds);
    on.push((await processed(blackModel(model), list, 0, null)).seconds);
  }
  const inference = (await processed(model, list.slice(0, 3), null, null)).seconds;
  const cost = median(on) - median(off);
  return {
    frame: `${width}×${height}, whole`,
    'comparison, ms': (1000 * cost).toFixed(2),
    'model, ms': (1000 * inference).toFixed(0),
    'cost at 0 % hits': `${((100 * cost) / inference).toFixed(2)} %`,
  };
}

async function main(): Promise<void> {
  const folder = workFolder();
  await using model = await openModel({
    ...modelRequest({ ...JOB_DEFAULTS, model: name, steps: name === 'x4' ? 1 : null }),
    depth: 8,
  });
  try {
    const cameras = await Promise.all(
      [[0, 23], [4, 23], [4, 28], [4, 33], [8, 28], [8, 33]].map(async ([noise, crf]) => {
        const path = await camera(join(folder, `camera-${noise}-${crf}.mp4`), noise!, crf!);
        return [`still camera, noise ${noise}, crf ${crf}`, path, SKIP] as const;
      }),
    ); // prettier-ignore
    const videos = process.argv.slice(5).map((path) => [basename(path), path, 0] as const);
    const rows: Record<string, string | number>[] = [];
    for (const [label, path, skip] of [...cameras, ...videos]) {
      rows.push(await row(model, label, path, skip));
      process.stderr.write(`${Object.values(rows.at(-1)!).join(' | ')}\n`);
    }
    printTable(`bench/tileCache: ${name}`, rows);
    printTable('bench/tileCache: cost when no tile can be skipped', [await comparisonCost(model)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
