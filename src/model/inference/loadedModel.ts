import type { InferenceSession } from 'onnxruntime-node';
import type { Manifest } from '../bundle/manifest';
import { compileBundle, type Compiled } from '../compiler/compile';
import type { ModelInfo, ModelRequest, Prompt, Shot, TileBatch } from '../model';
import { noiseInputs, type NoiseInputsFor } from './noiseInputs';
import { runTiles } from './runTiles';
import type { Runtime } from './runtime';
import { openSession, type Session } from './session';
import { openPrompt } from './shotPrompt';
import { checkBatch, splitBatch } from './splitBatch';

/** Maximum bytes of shared noise that one model caches. */
const NOISE_CACHE_BYTES = 512 * 2 ** 20;
/** Minimum side of the tile that tests a provider, in source pixels. */
const PROBE_SIDE = 16;

/** The part of a request that determines the graph; requests that differ only in noise share it. */
export type GraphRequest = Omit<ModelRequest, 'noise' | 'seed'>;

/** A compiled bundle in a session of its provider. Runs in the session thread. */
export interface LoadedModel {
  readonly info: ModelInfo;
  /** The noise inputs of `run` for a mode and seed. */
  noise(settings: Pick<ModelRequest, 'noise' | 'seed'>): NoiseInputsFor;
  /** Returns the tiles of `batch`, `scale` times larger. */
  run(batch: TileBatch, noise: NoiseInputsFor): Promise<Uint8Array>;
  /** Null if the model has no prompt graph. */
  readonly prompt: ((shot: Shot) => Promise<Prompt>) | null;
  release(): Promise<void>;
}

export async function loadModel(runtime: Runtime, folder: string, request: GraphRequest): Promise<LoadedModel> {
  const [compiled, graph] = await compileBundle(folder, request);
  const { manifest, ports } = compiled;
  const sampleBytes = request.depth / 8;
  const run = (session: InferenceSession, batch: TileBatch, noise: NoiseInputsFor): Promise<Uint8Array> =>
    runTiles(runtime, session, compiled, batch, noise);

  const noise: LoadedModel['noise'] = ({ noise: mode, seed }) =>
    noiseInputs({
      mode,
      seed,
      draws: ports.noise.map(({ draw }) => draw),
      density: manifest.scale / manifest.grid.factor,
      channels: manifest.grid.channels,
      maxCacheBytes: NOISE_CACHE_BYTES,
    });

  const { provider, device, threads } = request;
  const promptGraph = await openPrompt(runtime, folder, manifest, threads);

  const probe = async (session: InferenceSession): Promise<void> => {
    const tile = probeTile(manifest, sampleBytes);
    const key = { ...tile.keys[0]!, ...(promptGraph && { prompt: await promptGraph.run(tile, request.depth) }) };
    const result = await run(session, { ...tile, keys: [key] }, noise({ noise: 'shared', seed: 1 }));
    if (result.every((byte) => byte === result[0])) throw new Error('the result of a test image is a single colour');
  };

  const opened = await openSession(runtime, { graph, weights: folder, provider, device, threads, probe }).catch(
    async (error: unknown) => {
      await promptGraph?.release();
      throw error;
    },
  );

  return {
    info: infoOf(compiled, opened),
    noise,
    async run(batch, noiseFor) {
      checkBatch(batch, manifest, sampleBytes);
      const limit = ports.batchLimit ?? batch.keys.length;
      return splitBatch(batch, limit, (part) => run(opened.session, part, noiseFor));
    },
    prompt: promptGraph && ((shot) => promptGraph.run(shot, request.depth)),
    async release() {
      await promptGraph?.release();
      await opened.session.release();
    },
  };
}

const infoOf = ({ manifest, sha256, plan, ports }: Compiled, { provider, rejected }: Session): ModelInfo => ({
  name: manifest.name,
  sha256,
  system: manifest.system,
  task: manifest.task,
  scale: manifest.scale,
  steps: plan.steps.length,
  provider,
  rejected,
  multiple: manifest.multiple,
  cell: cellOf(manifest),
  tile: manifest.tile,
  plan,
  ...(ports.referenceRange && { referenceRange: ports.referenceRange }),
});

/** The smallest number of source pixels that is a whole number of points of the working grid. */
function cellOf({ grid: { factor }, scale }: Manifest): number {
  let pixels = 1;
  while ((pixels * scale) % factor !== 0) pixels++;
  return pixels;
}

/** A gradient, with a mask for inpainting models. */
function probeTile({ task, multiple, tile }: Manifest, sampleBytes: number): TileBatch {
  const side = tile.fixed ? tile.size : Math.ceil(PROBE_SIDE / multiple) * multiple;
  const length = side * side * 3 * sampleBytes;
  const data = Uint8Array.from({ length }, (_, i) => (i * 255) / length);
  const mask = Uint8Array.from({ length: side * side }, (_, i) => (i % 5 === 0 ? 255 : 0));
  const keys = [{ x: 0, y: 0, scene: 0, frame: 0 }];
  return { width: side, height: side, data, keys, ...(task === 'inpaint' && { mask }) };
}
