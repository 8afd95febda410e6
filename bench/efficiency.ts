/**
 * bench/efficiency: share of a job's time that is spent in the model. T_bare is a loop of session.run over the tensors of the
 * job, already in memory; T_job is file to file, with decoding, noise, encoding, joining and verifying, in a new engine.
 * Usage: node dist/bench/efficiency.js [steps=4] [frames=40] [size=320x180] [rounds=3] [model=x4]
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../src/engine/client/engine';
import { loadModel } from '../src/model/inference/loadedModel';
import { loadRuntime } from '../src/model/inference/runtime';
import { resolveColour } from '../src/pipeline/media/colour';
import { openVideo } from '../src/pipeline/media/decode';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';
import { probe } from '../src/pipeline/media/probe';
import { JOB_DEFAULTS } from '../src/settings/restoreJob';
import type { InferenceSession, OrtValue } from './ort';
import { median, printTable } from './table';
import { testVideo, workFolder } from './testVideo';

const [steps, count, size, rounds, bundle] = [
  Number(process.argv[2] ?? 4),
  Number(process.argv[3] ?? 40),
  process.argv[4] ?? '320x180',
  Number(process.argv[5] ?? 3),
  process.argv[6] ?? 'x4',
];

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

async function main(): Promise<void> {
  const folder = workFolder();
  try {
    const input = await testVideo(join(folder, 'video.mp4'), size, count);
    const { session, feeds } = await recordFeeds(input);
    const bare: number[] = [];
    const job: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const a = performance.now();
      for (const feed of feeds) await session.run(feed);
      bare.push((performance.now() - a) / 1000);
      const engine = createEngine();
      const b = performance.now();
      await engine.run({
        ...JOB_DEFAULTS,
        model: bundle,
        tileCache: null,
        steps,
        input,
        output: join(folder, `out${round}.mp4`),
      }).result;
      job.push((performance.now() - b) / 1000);
      await engine.close();
    }
    const ratios = bare.map((seconds, i) => seconds / job[i]!);
    const each = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(' ');
    printTable(
      `bench/efficiency: ${bundle}, ${steps} steps, ${count} frames of ${size}, ${rounds} rounds one after the other`,
      [
        { what: 'bare session.run loop', seconds: each(bare), 'per frame': (median(bare) / feeds.length).toFixed(3) },
        { what: 'whole job, file to file', seconds: each(job), 'per frame': (median(job) / feeds.length).toFixed(3) },
        {
          what: 'efficiency (bare ÷ job)',
          seconds: ratios.map((ratio) => ratio.toFixed(3)).join(' '),
          'per frame': median(ratios).toFixed(3),
        },
      ],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
