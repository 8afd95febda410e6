/**
 * bench/efficiency: share of a job's time that is spent in the model. In each round, one after the other: a bare loop of
 * session.run over the tensors of the job, already in memory; the job file to file without an encoder (rawvideo), and with the
 * default encoder; the encoder alone. Jobs run in a new engine; the time per frame is taken between the sixth frame and the last, and
 * for the whole job too. For x4-live also bench/plainScript.py, when PYTHON names a Python with onnxruntime, numpy and pillow.
 * Wanted on two cores: bare ÷ job without encoder 0.97 with 1 step, 0.99 with 4; job with encoder at most 1.05 times the bare loop
 * and the encoder; x4-live 1.3 times as fast as the script.
 * Usage: node dist/bench/efficiency.js [model=x4] [steps=4] [frames=16] [size=320x180] [rounds=1]
 *        node dist/bench/efficiency.js x4 1 40
 *        PYTHON=python3 node dist/bench/efficiency.js x4-live 1 150 320x180 3
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/engine/client/engine';
import { loadModel } from '../src/model/inference/loadedModel';
import { loadRuntime } from '../src/model/inference/runtime';
import { resolveColour } from '../src/pipeline/media/colour';
import { openVideo } from '../src/pipeline/media/decode';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { probe } from '../src/pipeline/media/probe';
import { type Job, JOB_DEFAULTS } from '../src/settings/restoreJob';
import type { InferenceSession, OrtValue } from './ort';
import { median, printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [bundle, steps, count, size, rounds] = [
  process.argv[2] ?? 'x4',
  Number(process.argv[3] ?? 4),
  Number(process.argv[4] ?? 16),
  process.argv[5] ?? '320x180',
  Number(process.argv[6] ?? 1),
];
/** The first frames of a job are not counted: the first one sets up memory, and the size of batches is measured on it. */
const WARM_UP = 6;

/** The session and the inputs of every frame, as the engine creates them. */
async function recordFeeds(input: string): Promise<{ session: InferenceSession; feeds: Record<string, OrtValue>[] }> {
  const runtime = loadRuntime();
  const original = runtime.InferenceSession.create.bind(runtime.InferenceSession);
  const feeds: Record<string, OrtValue>[] = [];
  let session: InferenceSession | undefined;
  const watched = Object.create(runtime, {
    InferenceSession: {
      value: {
        create: async (graph: Uint8Array, options: InferenceSession.SessionOptions) => {
          session = await original(graph, options);
          const real = session;
          return new Proxy(real, {
            get: (target, name) =>
              name === 'run'
                ? async (given: Record<string, OrtValue>) => {
                    feeds.push(given);
                    return real.run(given);
                  }
                : (Reflect.get(target, name) as unknown),
          });
        },
      },
    },
  }) as typeof runtime;
  const { noise, strength, seed } = JOB_DEFAULTS;
  const model = await loadModel(watched, join(process.cwd(), 'models', bundle), {
    model: bundle,
    provider: 'cpu',
    device: 0,
    threads: 0,
    steps,
    order: null,
    colorFix: null,
    strength,
    depth: 8,
  });
  feeds.length = 0; // the probe's
  const binary = await findFfmpeg();
  const never = new AbortController().signal;
  const info = await probe(binary, input, never);
  await using source = openVideo(
    binary,
    info,
    {
      colour: resolveColour(info.colour, info),
      depth: 8,
      temporalDenoise: 'off',
      hwaccel: 'off',
      from: 0,
    },
    never,
  );
  const noiseFor = model.noise({ noise, seed });
  for await (const { width, height, data, scene, pts } of source.read()) {
    await model.run({ width, height, data, keys: [{ x: 0, y: 0, scene, frame: pts }] }, noiseFor);
  }
  return { session: session!, feeds };
}

interface JobTime {
  /** Seconds per frame between the first frames and the last. */
  readonly frame: number;
  /** Seconds from the first frame to the published file. */
  readonly restoring: number;
  /** Seconds, with the start of the engine and the model. */
  readonly all: number;
}

async function timeJob(input: string, output: string, changes: Partial<Job>): Promise<JobTime> {
  const engine = createEngine();
  const started = performance.now();
  let [restoring, warm, last] = [0, { at: 0, frame: 0 }, { at: 0, frame: 0 }];
  const onProgress = ({ stage, frame }: { readonly stage: string; readonly frame: number }): void => {
    const at = performance.now();
    if (stage === 'restoring' && restoring === 0) restoring = at;
    if (frame > last.frame) last = { at, frame };
    if (frame >= WARM_UP && warm.frame === 0) warm = last;
  };
  const job = { ...JOB_DEFAULTS, model: bundle, steps, tileCache: null, overwrite: true, input, output, ...changes };
  await engine.run(job, { onProgress }).result;
  const ended = performance.now();
  await engine.close();
  const frame = (last.at - warm.at) / (last.frame - warm.frame) / 1000;
  return { frame, restoring: (ended - restoring) / 1000, all: (ended - started) / 1000 };
}

/** The default of jobs on the CPU. */
const PRESET = bundle === 'x4-live' ? 'veryfast' : 'fast';

/** Seconds per frame of the default encoder, which gets the frames of a raw file. */
async function timeEncoder(raw: string, output: string): Promise<number> {
  const { path } = await findFfmpeg();
  const started = performance.now();
  const encoding = ['-c:v', 'libx264', '-crf', '16', '-preset', PRESET, '-pix_fmt', 'yuv420p'];
  const { status, stderr } = spawnSync(path, ['-v', 'error', '-y', '-i', raw, ...encoding, output]);
  if (status !== 0) throw new Error(stderr.toString());
  return (performance.now() - started) / 1000 / count;
}

/** Frames per second of the Python script; null without PYTHON. */
function timeScript(input: string, output: string): number | null {
  const python = process.env['PYTHON'];
  if (!python || bundle !== 'x4-live') return null;
  const model = join(process.cwd(), 'models', bundle);
  const args = [join(process.cwd(), 'bench', 'plainScript.py'), input, output, model, ...size.split('x'), PRESET];
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stderr}\nIt needs: pip install onnxruntime numpy pillow`);
  const [frames, seconds] = stdout.trim().split(' ').map(Number) as [number, number];
  if (frames !== count) throw new Error(`${frames} frames of ${count}`);
  return frames / seconds;
}

async function main(): Promise<void> {
  const folder = workFolder();
  try {
    const input = await testVideo(join(folder, 'video.mp4'), size, count);
    const { session, feeds } = await recordFeeds(input);
    await session.run(feeds[0]!);
    const found: Record<string, number[]> = {};
    const note = (what: string, value: number): void => void (found[what] ??= []).push(value);
    for (let round = 0; round < rounds; round++) {
      const a = performance.now();
      for (const feed of feeds) await session.run(feed);
      const bare = (performance.now() - a) / 1000 / feeds.length;
      const raw = join(folder, 'raw.mkv');
      const without = await timeJob(input, raw, { codec: 'custom', encoder: 'rawvideo', pixelFormat: 'yuv420p' });
      const encoder = await timeEncoder(raw, join(folder, 'encoded.mp4'));
      const whole = await timeJob(input, join(folder, 'out.mp4'), {});
      const script = timeScript(input, join(folder, 'script.mp4'));
      note('bare session.run loop, s per frame', bare);
      note('encoder alone, s per frame', encoder);
      note('job without encoder, s per frame', without.frame);
      note('job with encoder, s per frame', whole.frame);
      note('whole job with encoder, s', whole.all);
      note('bare ÷ job without encoder', bare / without.frame);
      note('job with encoder ÷ (bare + encoder)', whole.frame / (bare + encoder));
      if (script === null) continue;
      note('Python script, frames per second', script);
      note('job with encoder, frames per second, to the published file', count / whole.restoring);
      note('job ÷ Python script', count / whole.restoring / script);
    }
    printTable(
      `bench/efficiency: ${bundle}, ${steps} steps, ${count} frames of ${size}, ${rounds} rounds`,
      Object.entries(found).map(([what, values]) => ({
        what,
        median: median(values).toFixed(3),
        rounds: values.map((value) => value.toFixed(3)).join(' '),
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
