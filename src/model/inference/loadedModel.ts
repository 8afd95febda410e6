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

/** Bytes of shared noise that one model keeps. */
const NOISE_BOUND = 512 * 2 ** 20;
/** Source pixels, each way, of the tile that a provider is tried with. */
const PROBE_SIDE = 16;

/** What a request asks of the graph; requests that differ only in noise share it. */
export type GraphRequest = Omit<ModelRequest, 'noise' | 'seed'>;

/** A compiled bundle on the provider that runs it. Lives in the worker's thread. */
export interface LoadedModel {
  readonly info: ModelInfo;
  /** The noise that `run` is to be given, by mode and seed. */
  noise(settings: Pick<ModelRequest, 'noise' | 'seed'>): NoiseInputsFor;
  /** The tiles of `batch`, `scale` times larger. */
  run(batch: TileBatch, noise: NoiseInputsFor): Promise<Uint8Array>;
  /** Null: the model wants to know nothing of shots. */
  readonly prompt: ((shot: Shot) => Promise<Prompt>) | null;
  release(): Promise<void>;
}

export async function loadModel(runtime: Runtime, folder: string, request: GraphRequest): Promise<LoadedModel> {
  const [compiled, graph] = await compileBundle(folder, request);
  const { manifest, ends } = compiled;
  const sampleBytes = request.depth / 8;
  const run = (session: InferenceSession, batch: TileBatch, noise: NoiseInputsFor): Promise<Uint8Array> =>
    runTiles(runtime, session, compiled, batch, noise);

  const noise: LoadedModel['noise'] = ({ noise: mode, seed }) =>
    noiseInputs({
      mode,
      seed,
      draws: ends.noise.map(({ draw }) => draw),
      density: manifest.scale / manifest.grid.factor,
      channels: manifest.grid.channels,
      keep: NOISE_BOUND,
    });

  const { provider, device, threads } = request;
  const shots = await openPrompt(runtime, folder, manifest, threads);

  const probe = async (session: InferenceSession): Promise<void> => {
    const tile = probeTile(manifest, sampleBytes);
    const key = { ...tile.keys[0]!, ...(shots && { prompt: await shots.run(tile, request.depth) }) };
    const result = await run(session, { ...tile, keys: [key] }, noise({ noise: 'shared', seed: 1 }));
    if (result.every((byte) => byte === result[0])) throw new Error('the result of a test picture is one plain colour');
  };

  const opened = await openSession(runtime, { graph, weights: folder, provider, device, threads, probe }).catch(
    async (error: unknown) => {
      await shots?.release();
      throw error;
    },
  );

  return {
    info: infoOf(compiled, opened),
    noise,
    async run(batch, noiseFor) {
      checkBatch(batch, manifest, sampleBytes);
      const limit = ends.batchLimit ?? batch.keys.length;
      return splitBatch(batch, limit, (part) => run(opened.session, part, noiseFor));
    },
    prompt: shots && ((shot) => shots.run(shot, request.depth)),
    async release() {
      await shots?.release();
      await opened.session.release();
    },
  };
}

const infoOf = ({ manifest, sha256, plan }: Compiled, { provider, rejected }: Session): ModelInfo => ({
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
});

/** The least number of source pixels that are whole cells of the working grid. */
function cellOf({ grid: { factor }, scale }: Manifest): number {
  let pixels = 1;
  while ((pixels * scale) % factor !== 0) pixels++;
  return pixels;
}

/** A ramp in both directions, with a key like any other, and for a model that fills holes with one. */
function probeTile({ task, multiple, tile }: Manifest, sampleBytes: number): TileBatch {
  const side = tile.fixed ? tile.size : Math.ceil(PROBE_SIDE / multiple) * multiple;
  const length = side * side * 3 * sampleBytes;
  const data = Uint8Array.from({ length }, (_, i) => (i * 255) / length);
  const mask = Uint8Array.from({ length: side * side }, (_, i) => (i % 5 === 0 ? 255 : 0));
  const keys = [{ x: 0, y: 0, scene: 0, frame: 0 }];
  return { width: side, height: side, data, keys, ...(task === 'inpaint' && { mask }) };
}
