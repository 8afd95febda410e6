/**
 * bench/stages: intermediate results of the engine for one tile, for the exporters' `check` (models/workshop).
 * Usage: node dist/bench/stages.js open BUNDLE
 *        node dist/bench/stages.js run BUNDLE FOLDER
 *
 * `open` exits with 1 and an error message when the bundle is invalid. `run` reads FOLDER/job.json (`Job`) and writes to
 * FOLDER: all inputs and outputs of every graph, the noise, and the results of both executors, listed in record.json
 * (`Entry`). Tensors are little-endian and row-major.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from 'onnxruntime-node';
import type { Bundle } from '../src/model/bundle/bundle';
import { GRAPH_ROLES } from '../src/model/bundle/graphRoles';
import { planFor } from '../src/model/bundle/samplerPlan';
import { loadModel } from '../src/model/inference/loadedModel';
import { loadRuntime, type Runtime } from '../src/model/inference/runtime';
import { openPrompt } from '../src/model/inference/shotPrompt';
import type { Model, ModelRequest, Shot, TileBatch } from '../src/model/model';
import { tileProcessor } from '../src/pipeline/frames/upscaleTiles';
import type { Frame } from '../src/pipeline/media/frame';
import { ENCODER_DRAW, noiseField } from '../src/sampler/noise';
import { drawsOf } from '../src/sampler/plan';
import { openBundle } from '../test/support/openBundle';
import { openReference } from './reference';

interface Job {
  /** A file of [height, width, 3] bytes beside job.json. */
  readonly picture: string;
  /** For inpainting bundles: a file of [height, width] bytes, 255 = fill. */
  readonly mask: string | null;
  readonly width: number;
  readonly height: number;
  readonly steps: number | null;
  readonly order: 1 | 2 | 3 | null;
  readonly seed: number;
  readonly threads: number;
}

interface Entry {
  /**
   * `input` and `output` of a graph (`role` names the tensor), `noise` (`call` is the draw), `final` and `fused` with the
   * bundle's colour fix, or `adain`: the image of a job with AdaIN, if the bundle has a graph `preprocess`.
   */
  readonly kind: 'input' | 'output' | 'noise' | 'final' | 'fused' | 'adain';
  readonly graph: string;
  readonly call: number;
  readonly role: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly file: string;
}

type Keep = (entry: Omit<Entry, 'file'>, data: Uint8Array) => void;

async function run(folder: string, work: string): Promise<void> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `check`
  const job = JSON.parse(readFileSync(join(work, 'job.json'), 'utf8')) as Job;
  const { width, height, steps, order, seed, threads } = job;
  const entries: Entry[] = [];
  const keep: Keep = (entry, data) => {
    const file = `${entries.length}.raw`;
    writeFileSync(join(work, file), data);
    entries.push({ ...entry, file });
  };
  mkdirSync(work, { recursive: true });

  const runtime = loadRuntime();
  const bundle = await openBundle(folder);
  const { manifest } = bundle;
  const plan = planFor(manifest, steps, order);
  const request: ModelRequest = {
    model: folder,
    provider: 'cpu',
    device: 0,
    threads,
    steps,
    order,
    strength: 1,
    colorFix: null,
    noise: 'shared',
    seed,
    depth: 8,
  };
  const image = (): Shot => ({ width, height, data: new Uint8Array(readFileSync(join(work, job.picture))) });
  const watched = recording(runtime, bundle, keep);
  const promptGraph = await openPrompt(watched, folder, manifest, threads);
  const prompt = await promptGraph?.run(image(), 8);
  await promptGraph?.release();
  const key = { x: 0, y: 0, scene: 0, frame: 0, ...(prompt && { prompt }) };
  const tile = (): TileBatch => ({
    ...image(),
    keys: [key],
    ...(job.mask === null ? {} : { mask: new Uint8Array(readFileSync(join(work, job.mask))) }),
  });
  const dims = [height * manifest.scale, width * manifest.scale, 3];

  const noise = noiseField({ mode: 'shared', seed });
  for (const draw of [...drawsOf(plan), ENCODER_DRAW]) keepNoise(keep, noise, draw, bundle, job);

  const reference = await openReference(watched, bundle);
  const final = await reference.run(tile(), { plan, colorFix: manifest.colorFix, strength: 1, depth: 8, noise });
  await reference.release();
  keep({ kind: 'final', graph: '', call: 0, role: 'picture', type: 'uint8', dims }, final);

  const model = await loadModel(runtime, folder, request);
  const start = performance.now();
  const before = process.cpuUsage();
  const fused = await model.run(tile(), model.noise(request));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before); // of all threads, in µs; says more than the clock of a busy machine
  const cpuSeconds = (user + system) / 1e6;
  await model.release();
  keep({ kind: 'fused', graph: '', call: 0, role: 'picture', type: 'uint8', dims }, fused);
  // The official code of the others has no AdaIN, and opening the graph again takes time.
  if (manifest.graphs.preprocess && manifest.task !== 'inpaint') {
    const adain = await runWithAdain(runtime, folder, { ...request, colorFix: 'adain' }, tile());
    keep({ kind: 'adain', graph: '', call: 0, role: 'picture', type: 'uint8', dims }, adain);
  }
  writeFileSync(
    join(work, 'record.json'),
    JSON.stringify({ plan, seconds, cpuSeconds, peakBytes: process.resourceUsage().maxRSS * 1024, entries }),
  );
}

/** As `restore` and `upscaleImage` do for a frame of this size. */
async function runWithAdain(
  runtime: Runtime,
  folder: string,
  request: ModelRequest,
  { width, height, data, keys }: TileBatch,
): Promise<Uint8Array> {
  const loaded = await loadModel(runtime, folder, request);
  const model: Model = {
    info: { ...loaded.info, tile: { ...loaded.info.tile, wholeUpTo: width * height } },
    run: (batch) => loaded.run({ ...batch, keys }, loaded.noise(request)),
    [Symbol.asyncDispose]: () => loaded.release(),
  };
  const settings = {
    tile: null,
    overlap: null,
    colorFix: 'adain',
    noise: 'shared',
    tileCache: null,
    segment: 1,
  } as const;
  const processor = tileProcessor(model, { width, height }, settings, () => {});
  const frame: Frame = { index: 0, pts: 0, scene: 0, width, height, depth: 8, data };
  const [result] = await processor.run([frame], new AbortController().signal);
  await loaded.release();
  return result!.data;
}

function keepNoise(
  keep: Keep,
  noise: ReturnType<typeof noiseField>,
  draw: number,
  { manifest: { scale, grid } }: Bundle,
  { width, height }: Job,
): void {
  const cells = scale / grid.factor;
  const region = { x: 0, y: 0, width: width * cells, height: height * cells, channels: grid.channels };
  const data = new Float32Array(region.channels * region.height * region.width);
  noise.fill(data, { scene: 0, frame: 0 }, draw, region);
  const dims = [1, region.channels, region.height, region.width];
  keep({ kind: 'noise', graph: '', call: draw, role: 'noise', type: 'float32', dims }, bytes(data));
}

/** A runtime whose sessions tell `keep` of everything that passes them. */
function recording(runtime: Runtime, { manifest, folder }: Bundle, keep: Keep): Runtime {
  const create = async (path: string, options: object): Promise<unknown> => {
    const graph = GRAPH_ROLES.find((role) => join(folder, manifest.graphs[role]?.file ?? '') === path)!;
    const { inputs, outputs } = manifest.graphs[graph]!;
    const session = await runtime.InferenceSession.create(path, options);
    let call = 0;
    const tell = (
      kind: 'input' | 'output',
      names: Readonly<Record<string, string>>,
      tensors: Record<string, Tensor>,
    ) => {
      for (const [role, name] of Object.entries(names)) {
        const { type, dims, data } = tensors[name]!;
        if (!ArrayBuffer.isView(data)) throw new Error(`${name} is not a typed array`);
        keep({ kind, graph, call, role, type, dims }, bytes(data));
      }
    };
    return {
      async run(feeds: Record<string, Tensor>) {
        tell('input', inputs, feeds);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- image graphs have only tensor outputs
        const results = (await session.run(feeds)) as Record<string, Tensor>;
        tell('output', outputs, results);
        call++;
        return results;
      },
      release: () => session.release(),
    };
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the reference uses
  return { ...runtime, InferenceSession: { create } } as unknown as Runtime;
}

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

async function main(): Promise<void> {
  const [command, folder, work] = process.argv.slice(2);
  if (command === 'open') await openBundle(folder!);
  else await run(folder!, work!);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
