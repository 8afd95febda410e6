/**
 * bench/hours: hours of work for an hour of video, by model and kind of source: README's table. Each model is measured as
 * `remaster estimate` does, on three frames of a tape; the other sizes follow by their pixels, 16 cores by CORES_GAIN. The
 * column of the GPU is of the run that GPU names.
 * Usage: node dist/bench/hours.js [size=720x576]; on an idle machine, about three minutes
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/engine/client/engine';
import { checkEstimateJob } from '../src/settings/estimateJob';
import { printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const size = process.argv[2] ?? '720x576';

/** Pixels of a second. PAL and NTSC have equally many, on tapes and DVDs. */
const SOURCES = {
  'VHS or DVD (720×576, 25 fps)': 720 * 576 * 25,
  '720p, 25 fps': 1280 * 720 * 25,
  '1080p, 25 fps': 1920 * 1080 * 25,
} as const;

const MODELS: readonly (readonly [model: string, steps: number])[] = [
  ...([['restore', 1], ['x2', 1], ['x4-live', 1], ['x4', 1], ['x4', 4]] as const), // prettier-ignore
];

/** Eight times as many cores, of which a session uses about 60 %. An assumption, not a measurement. */
const CORES_GAIN = 5;

/** Frames per second of a whole job from 720×576 on an H200 with CUDA, 14 frames, 28 November 2026. */
const GPU: Readonly<Record<string, number>> = {
  'x4 4': 1.5,
  'x4 1': 2.2,
  'x4-live 1': 2.0,
  'x2 1': 16.7,
  'restore 1': 15.3,
};

const hours = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

async function main(): Promise<void> {
  const folder = workFolder();
  const engine = createEngine();
  try {
    const input = await testVideo(join(folder, 'tape.mp4'), size, 12);
    const rows: Record<string, string>[] = [];
    for (const [model, steps] of MODELS) {
      const job = checkEstimateJob({ input, model, steps, provider: 'cpu', tileCache: null });
      const { secondsPerFrame, width, height } = await engine.ask('estimate', { job, isCompared: false });
      const perPixel = secondsPerFrame / (width * height);
      const cells = Object.entries(SOURCES).map(([name, pixels]) => {
        const two = perPixel * pixels;
        return [name, `${hours(two)} · ${hours(two / CORES_GAIN)}`] as const;
      });
      const gpu = GPU[`${model} ${steps}`];
      const name = `\`${model}\`, ${steps === 1 ? '1 step' : `${steps} steps`}`;
      const onGpu = gpu === undefined ? 'not measured' : hours(25 / gpu);
      rows.push({ model: name, ...Object.fromEntries(cells), 'VHS or DVD on an H200': onGpu });
    }
    printTable('bench/hours: hours for an hour of video; 2 cores, measured · 16 cores, estimated', rows);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
