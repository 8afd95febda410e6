/**
 * bench/gpu: models and whole jobs on the providers of a GPU, and their frames compared with those of the CPU. `bench/gpu.sh`
 * packs and starts it where there is no network. Rows for which no time is left say so.
 * Usage: node dist/bench/gpu.js "cuda webgpu" 720x576 220   providers, size of the source, seconds for all of it
 */
import { execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from '../src/engine/client/engine';
import { openModel } from '../src/model/inference/openModel';
import { timeTile } from '../src/pipeline/frames/timeTile';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { modelRequest } from '../src/pipeline/frames/modelRequest';
import { type Job, JOB_DEFAULTS } from '../src/settings/restoreJob';
import { printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [providers, size, budget] = [
  (process.argv[2] ?? 'cuda webgpu').split(' ') as Job['provider'][],
  process.argv[3] ?? '720x576',
  Number(process.argv[4] ?? 220),
];
const [width, height] = size.split('x').map(Number) as [number, number];
const ends = performance.now() + budget * 1000;
const never = new AbortController().signal;

const ROWS: readonly (readonly [model: string, steps: number])[] = [
  ...([['x4', 4], ['x4', 1], ['x4-live', 1], ['x2', 1], ['restore', 1]] as const), // prettier-ignore
];
/** Frames of a job: as many as take about this many seconds, within limits. */
const JOB_SECONDS = 6;
const FEWEST = 12;
const MOST = 120;
/** Frames that are compared with the CPU. */
const COMPARED = 4;
/** Least PSNR in dB: seen were 99 with WebGPU and 73 with CUDA, whose TF32 rounds. */
const LEAST = 50;

/** Seconds of one frame in the model alone, by a tile of the frame's size or the model's largest. */
async function alone(model: string, steps: number, provider: Job['provider']): Promise<number> {
  await using open = await openModel({ ...modelRequest({ ...JOB_DEFAULTS, model, steps, provider }), depth: 8 });
  const tile = await timeTile(open, 8, never, { width, height }, open.info.tile.size);
  return (width * height * tile.ms) / (tile.width * tile.height) / 1000;
}

/** Restores exactly `count` frames; returns frames per second, without loading, and how busy the GPU was, in percent. */
async function whole(engine: Engine, job: Partial<Job> & Pick<Job, 'input' | 'output'>, count: number) {
  const busy = watchGpu();
  let rate = 0;
  const only = { tileCache: null, audio: 'none', resume: false, overwrite: true } as const;
  const encoder = { codec: 'custom', encoder: 'libx264 -preset ultrafast -crf 18' } as const;
  try {
    const all: Job = { ...JOB_DEFAULTS, ...only, ...encoder, ...job };
    const { framesOut, provider } = await engine
      .run(all, { onProgress: ({ fps }) => void (rate = fps ?? rate) })
      .result.then((result) => ({ ...result, provider: result.model.provider }));
    if (framesOut !== count) throw new Error(`${framesOut} frames instead of ${count}`);
    if (provider !== all.provider) throw new Error(`it ran on ${provider}`);
    return { fps: rate, busy: busy.stop() };
  } finally {
    busy.stop();
  }
}

/** Samples the use of the GPU. Null without nvidia-smi. */
function watchGpu(): { stop(): number | null } {
  const query = ['--query-gpu=utilization.gpu', '--format=csv,noheader,nounits', '-lms', '200'];
  const child = spawn('nvidia-smi', query, { stdio: ['ignore', 'pipe', 'ignore'] });
  const values: number[] = [];
  child.once('error', () => {});
  child.stdout.on('data', (chunk: Buffer) => values.push(...chunk.toString().trim().split('\n').map(Number)));
  return {
    stop() {
      child.kill();
      return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    },
  };
}

/** PSNR in dB between two videos of as many frames. */
async function psnr(a: string, b: string): Promise<number> {
  const { path } = await findFfmpeg();
  const [one, other] = [a, b].map((file) =>
    execFileSync(path, ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { maxBuffer: 1 << 30 }),
  ) as [Buffer, Buffer];
  if (one.length !== other.length || one.length === 0) throw new Error(`${one.length} and ${other.length} bytes`);
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i]! - other[i]!) ** 2;
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * one.length) / sum);
}

async function main(): Promise<void> {
  const folder = workFolder();
  const at = (name: string): string => join(folder, name);
  const engine = createEngine(0);
  const failures: string[] = [];
  try {
    const small = await testVideo(at('small.mp4'), '160x90', COMPARED);
    const lossless = { input: small, model: 'x4', codec: 'ffv1', encoder: null } as const;
    await whole(engine, { ...lossless, provider: 'cpu', output: at('cpu.mkv') }, COMPARED);
    for (const provider of providers) {
      try {
        await whole(engine, { ...lossless, provider, output: at('gpu.mkv') }, COMPARED);
        const found = await psnr(at('gpu.mkv'), at('cpu.mkv'));
        console.log(`${provider}: ${found.toFixed(1)} dB PSNR to the CPU`);
        if (found < LEAST) failures.push(`${provider}: ${found.toFixed(1)} dB is less than ${LEAST}`);
      } catch (error) {
        failures.push(`${provider}: ${(error as Error).message}`);
      }
    }
    const rows: Record<string, string>[] = [];
    for (const [model, steps] of ROWS) {
      const row: Record<string, string> = {
        [`${size} source`]: steps === 1 ? `${model}, 1 step` : `${model}, ${steps} steps`,
      };
      for (const provider of providers) Object.assign(row, await cells(engine, model, steps, provider, at, failures));
      rows.push(row);
    }
    printTable(`bench/gpu: whole jobs file to file, x264 ultrafast; ${Math.round(budget)} s at most`, rows);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
  for (const failure of failures) console.error(`FAILED ${failure}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}

/** What one model does on one provider. */
async function cells(
  engine: Engine,
  model: string,
  steps: number,
  provider: Job['provider'],
  at: (name: string) => string,
  failures: string[],
): Promise<Record<string, string>> {
  const [first, second] = [`${provider}: model alone, s/frame`, `${provider}: whole job, fps (GPU busy), frames`];
  if (performance.now() > ends) return { [first]: 'no time left', [second]: 'no time left' };
  try {
    const seconds = await alone(model, steps, provider);
    const count = Math.min(MOST, Math.max(FEWEST, Math.round(JOB_SECONDS / Math.max(seconds, 0.05))));
    if (performance.now() + count * seconds * 1000 > ends)
      return { [first]: seconds.toFixed(3), [second]: 'no time left' };
    const input = await testVideo(at('source.mp4'), size, count);
    const { fps, busy } = await whole(engine, { input, model, steps, provider, output: at('out.mkv') }, count);
    const use = busy === null ? '' : ` (${busy.toFixed(0)} %)`;
    return { [first]: seconds.toFixed(3), [second]: `${fps.toFixed(1)}${use}, ${count}` };
  } catch (error) {
    failures.push(`${provider}, ${model}, ${steps} steps: ${(error as Error).message}`);
    return { [first]: 'failed', [second]: 'failed' };
  }
}

void main();
