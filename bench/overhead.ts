/**
 * bench/overhead: what a job costs around its model, file to file, with a model that only enlarges. Prints processor time
 * (user and system, all processes) and time per output pixel, split into decoder, scheduling thread, other threads, encoder
 * and other ffmpegs; and in the same run the decoder, the encoder, a bare loop of session.run and the write of the frames
 * into a pipe alone. The loop runs bench/enlarge.onnx, the graph that version 0.1 compiled, on the same tiles. Start and end
 * of a job are not counted: the figures are the difference between a long and a short job. Linux only.
 * Usage: node dist/bench/overhead.js [frames=48] [size=720x576] [rounds=2] [encoder="libx264 -preset ultrafast -crf 16"] [whole]
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sessionOptions } from '../src/model/inference/providers';
import { openFaceFinder, openModel } from '../src/model/inference/openModel';
import { loadRuntime } from '../src/model/inference/runtime';
import { tileFor, tileLayout } from '../src/pipeline/frames/tileLayout';
import { restoreVideo } from '../src/pipeline/jobs/restore/restoreVideo';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { writeEnlargement } from '../test/support/tinyBundle';
import { cpuTime, peakMemory, readMeasuredTimes, sinceThen, writeMeasuredFfmpeg } from './cpuTime';
import { median, printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [count, size, rounds, encoder, isWhole] = [
  Number(process.argv[2] ?? 48),
  process.argv[3] ?? '720x576',
  Number(process.argv[4] ?? 2),
  process.argv[5] ?? 'libx264 -preset ultrafast -crf 16',
  process.argv[6] === 'whole',
];
/** Frames of the short job. */
const SHORT = 8;
const SCALE = 4;
const [width, height] = size.split('x').map(Number) as [number, number];
const pixels = width * height * SCALE ** 2;

/** Nanoseconds per output pixel, or nanoseconds of a job. */
type Costs = Readonly<Record<'decoder' | 'scheduling' | 'others' | 'encoder' | 'other' | 'wall', number>>;

interface Bench {
  readonly folder: string;
  readonly model: string;
  /** That writes its times to `log`. */
  readonly ffmpeg: string;
  readonly log: string;
}

/** What a job of the first `frames` frames of `input` costs, in nanoseconds. */
async function jobCosts({ folder, model, ffmpeg, log }: Bench, input: string): Promise<Costs> {
  const output = join(folder, 'out.mkv');
  const job = { ...JOB_DEFAULTS, model, input, output, overwrite: true, tileCache: null };
  const custom = { codec: 'custom', encoder, pixelFormat: 'yuv420p' } as const;
  const tools = { binary: await findFfmpeg(ffmpeg), openModel, openFaceFinder, modelNames: async () => [] };
  readMeasuredTimes(log);
  const [started, before] = [performance.now(), cpuTime()];
  await restoreVideo({ ...job, ...custom }, tools, new AbortController().signal, () => {});
  const wall = (performance.now() - started) * 1e6;
  return { ...sinceThen(cpuTime(), before), ...readMeasuredTimes(log), wall };
}

/** The difference between two jobs, per output pixel. */
const perPixel = (long: Costs, short: Costs): Costs =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys
  Object.fromEntries(
    Object.entries(long).map(([name, value]) => [
      name,
      (value - short[name as keyof Costs]) / ((count - SHORT) * pixels),
    ]),
  ) as Costs;

/** Processor time and time of one ffmpeg, per output pixel. */
function ffmpegAlone({ ffmpeg, log }: Bench, ...args: readonly string[]): readonly [cpu: number, wall: number] {
  readMeasuredTimes(log);
  const started = performance.now();
  const { status, stderr } = spawnSync(ffmpeg, ['-v', 'error', '-y', ...args]);
  if (status !== 0) throw new Error(stderr.toString());
  const { decoder, encoder: encoding, other } = readMeasuredTimes(log);
  return [decoder + encoding + other, (performance.now() - started) * 1e6].map((ns) => ns / (count * pixels)) as [
    number,
    number,
  ];
}

/** Of a loop of session.run over the tiles of a job, per output pixel. */
async function bareLoop(advice: { wholeUpTo: number; size: number; overlap: number }) {
  const { InferenceSession, Tensor } = loadRuntime();
  const graph = readFileSync(join(process.cwd(), 'bench', 'enlarge.onnx'));
  const session = await InferenceSession.create(new Uint8Array(graph), sessionOptions('cpu', 0, 0));
  const info = { multiple: 1, cell: 1, scale: SCALE, tile: advice };
  const { grid } = tileLayout(info, width, height, tileFor(info, width, height));
  const dims = [1, grid.y.size, grid.x.size, 3];
  const tile = Uint8Array.from({ length: grid.y.size * grid.x.size * 3 }, (_, i) => (i * 37) % 256);
  const run = () => session.run({ frames: new Tensor('uint8', tile, dims) }, ['result']);
  for (let i = 0; i < 3; i++) await run();
  const [started, before] = [performance.now(), cpuTime()];
  const frames = Math.min(count, 24);
  for (let i = 0; i < frames * grid.tiles.length; i++) await run();
  const { scheduling, others } = sinceThen(cpuTime(), before);
  const wall = (performance.now() - started) * 1e6;
  await session.release();
  return [scheduling + others, wall].map((ns) => ns / (frames * pixels)) as [number, number];
}

/** Of the thread that writes frames into the pipe of a program which drops them, per output pixel: the kernel's copy. */
async function bareWrite(): Promise<readonly [cpu: number, wall: number]> {
  const reader = spawn('cat', [], { stdio: ['pipe', 'ignore', 'inherit'] });
  const frames = Array.from({ length: 4 }, (_, i) => new Uint8Array(new SharedArrayBuffer(pixels * 3)).fill(i));
  const [started, before] = [performance.now(), cpuTime()];
  for (let i = 0; i < count; i++) if (!reader.stdin.write(frames[i % frames.length])) await once(reader.stdin, 'drain');
  reader.stdin.end();
  await once(reader, 'close');
  const wall = (performance.now() - started) * 1e6;
  return [sinceThen(cpuTime(), before).scheduling, wall].map((ns) => ns / (count * pixels)) as [number, number];
}

async function main(): Promise<void> {
  const folder = workFolder();
  try {
    const advice = isWhole
      ? { wholeUpTo: width * height, size: 256, overlap: 32 }
      : { wholeUpTo: 0, size: 256, overlap: 32 }; // as x4
    const model = await writeEnlargement(join(folder, 'model'), SCALE, advice);
    const { path } = await findFfmpeg();
    const ffmpeg = join(folder, 'ffmpeg');
    const bench = { folder, model, ffmpeg, log: writeMeasuredFfmpeg(ffmpeg, path) };
    const long = await testVideo(join(folder, 'long.mp4'), size, count);
    const short = await testVideo(join(folder, 'short.mp4'), size, SHORT);
    const raw = join(folder, 'raw.yuv');
    const all: Record<string, (readonly [cpu: number, wall: number])[]> = {};
    const note = (what: string, value: readonly [number, number]): void => void (all[what] ??= []).push(value);
    for (let round = 0; round < rounds; round++) {
      const costs = perPixel(await jobCosts(bench, long), await jobCosts(bench, short));
      const { decoder, scheduling, others, encoder: encoding, other, wall } = costs;
      const total = decoder + scheduling + others + encoding + other;
      if (round === 0) {
        const sized = ['-vf', `scale=${width * SCALE}:${height * SCALE}`, '-pix_fmt', 'yuv420p', '-f', 'rawvideo'];
        ffmpegAlone(bench, '-i', long, '-frames:v', String(count), ...sized, raw);
        const frames = statSync(raw).size / (pixels * 1.5);
        if (frames !== count) throw new Error(`${frames} frames of ${count}`);
      }
      const decoderAlone = ffmpegAlone(bench, '-i', long, '-map', '0:v', '-f', 'null', '-');
      const rawInput = ['-f', 'rawvideo', '-pixel_format', 'yuv420p', '-framerate', '25', '-i', raw];
      const encoded = ['-c:v', ...encoder.split(' '), '-f', 'nut', join(folder, 'alone.nut')];
      const encoderAlone = ffmpegAlone(
        bench,
        '-video_size',
        `${width * SCALE}x${height * SCALE}`,
        ...rawInput,
        ...encoded,
      );
      const bare = await bareLoop(advice);
      const written = await bareWrite();
      note('job: decoder', [decoder, 0]);
      note('job: scheduling thread', [scheduling, 0]);
      note('job: other threads', [others, 0]);
      note('job: encoder', [encoding, 0]);
      note('job: other ffmpegs', [other, 0]);
      note('job', [total, wall]);
      note('decoder alone', decoderAlone);
      note('encoder alone', encoderAlone);
      note('bare session.run loop', bare);
      note('frames into a pipe alone', written);
      note('overhead of the scheduling thread: job − pipe alone', [scheduling - written[0], 0]);
      note('overhead: job − decoder, encoder and loop alone', [total - decoderAlone[0] - encoderAlone[0] - bare[0], 0]);
    }
    const shown = (values: readonly number[]): string =>
      values.every((value) => value === 0)
        ? ''
        : `${median(values).toFixed(2)} (${values.map((value) => value.toFixed(2)).join(' ')})`;
    printTable(
      `bench/overhead: ${size} → ${width * SCALE}x${height * SCALE}, ${count} frames, ${encoder}, ${isWhole ? 'whole frames' : 'tiles of 256'}; peak memory ${peakMemory().toFixed(0)} MiB; nanoseconds per output pixel`,
      Object.entries(all).map(([what, values]) => ({
        what,
        'processor time': shown(values.map(([cpu]) => cpu)),
        time: shown(values.map(([, wall]) => wall)),
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
