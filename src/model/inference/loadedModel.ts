import type { InferenceSession } from 'onnxruntime-node';
import type { Manifest } from '../bundle/manifest';
import { compileBundle, type Compiled } from '../compiler/compile';
import type { ModelInfo, ModelRequest, Prompt, Shot, TileBatch } from '../model';
import { keepPsnr } from './knownPsnr';
import { modelProbe } from './modelProbe';
import { noiseInputs, type NoiseInputsFor } from './noiseInputs';
import { sessionOptions } from './providers';
import { runTiles } from './runTiles';
import type { Runtime } from './runtime';
import { openSession, type Session } from './session';
import { openPrompt } from './shotPrompt';
import { smoothPsnr, smoothTile } from './smoothImage';
import { checkBatch, splitBatch } from './splitBatch';
import { tileAdvice } from './tileAdvice';

/** Maximum bytes of shared noise that one model caches. */
const NOISE_CACHE_BYTES = 512 * 2 ** 20;

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
  const { depth } = request;
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

  const tryTile = async (session: InferenceSession): Promise<Uint8Array> => {
    const tile = smoothTile(manifest, depth);
    const key = { ...tile.keys[0]!, ...(promptGraph && { prompt: await promptGraph.run(tile, depth) }) };
    return run(session, { ...tile, keys: [key] }, noise({ noise: 'shared', seed: 1 }));
  };
  const openOnCpu = () => runtime.InferenceSession.create(graph, sessionOptions('cpu', 0, threads, folder));
  const { probe, result } = modelProbe(tryTile, openOnCpu);

  const opened = await openSession(runtime, { graph, weights: folder, provider, device, threads, probe }).catch(
    async (error: unknown) => {
      await promptGraph?.release();
      throw error;
    },
  );

  const likeness = likenessOf(compiled, result());
  /** Tiles that fit into memory together, by their size, where more did not. */
  const fitting = new Map<string, number>();
  const isDefault = request.steps === null && request.strength === 1;
  const { smoothPsnr: decibels } = likeness;
  if (isDefault && decibels !== undefined) await keepPsnr(compiled.sha256, decibels).catch(() => {}); // no cache
  return {
    info: { ...infoOf(compiled, opened), ...likeness },
    noise,
    async run(batch, noiseFor) {
      checkBatch(batch, manifest, depth / 8);
      const size = `${batch.width}x${batch.height}`;
      const limit = Math.min(ports.batchLimit ?? Infinity, fitting.get(size) ?? Infinity, batch.keys.length);
      const lower = (fits: number): void => void fitting.set(size, fits);
      return splitBatch(batch, limit, (part) => run(opened.session, part, noiseFor), lower);
    },
    prompt: promptGraph && ((shot) => promptGraph.run(shot, depth)),
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
  tile: tileAdvice(manifest, provider, ports.tileMemory),
  plan,
  ...(ports.referenceRange && { referenceRange: ports.referenceRange }),
});

/** The smallest number of source pixels that is a whole number of points of the working grid. */
function cellOf({ grid: { factor }, scale }: Manifest): number {
  let pixels = 1;
  while ((pixels * scale) % factor !== 0) pixels++;
  return pixels;
}

/** The PSNR of the result of the smooth image. A model of faces may draw one into it. */
function likenessOf({ manifest, depth, ports }: Compiled, smooth: Uint8Array): Pick<ModelInfo, 'smoothPsnr'> {
  if (manifest.task === 'face') return {};
  const side = smoothTile(manifest, 8).width * manifest.scale;
  const range = ports.referenceRange;
  return { smoothPsnr: smoothPsnr(smooth, side, range ? 16 : depth, range ?? [0, 1]) };
}
