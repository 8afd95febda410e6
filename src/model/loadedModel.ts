import type { InferenceSession } from 'onnxruntime-node';
import { RemasterError } from '../errors';
import { checkBatch, runSplit } from './batch';
import { type Bundle, openBundle } from './bundle';
import { fuse, type Fused, type FuseSettings } from './fuse';
import type { ModelInfo, ModelRequest, TileBatch } from './model';
import { type NoiseInputsFor, noiseInputs } from './noiseInputs';
import { withGraphFile } from './graphFile';
import type { Runtime } from './runtime';
import { planFor } from './schedule';
import { openSession, type Session } from './session';

/** Bytes of shared noise that one model keeps. */
const NOISE_BOUND = 512 * 2 ** 20;
/** Source pixels, each way, of the tile that a provider is tried with. */
const PROBE_SIDE = 16;

/** What a request asks of the graph; requests that differ only in noise share it. */
export type GraphRequest = Omit<ModelRequest, 'noise' | 'seed'>;

/** A compiled bundle on the provider that runs it. Lives in the worker's thread. */
export interface LoadedModel {
  readonly info: ModelInfo;
  /** Reads noise for this model, [seed and mode] by choice of the caller. */
  noise(settings: Pick<ModelRequest, 'noise' | 'seed'>): NoiseInputsFor;
  /** The tiles of `batch`, `scale` times larger. */
  run(batch: TileBatch, noise: NoiseInputsFor): Promise<Uint8Array>;
  release(): Promise<void>;
}

export async function loadModel(runtime: Runtime, folder: string, request: GraphRequest): Promise<LoadedModel> {
  const bundle = await openBundle(folder);
  const { manifest } = bundle;
  const { strength, depth } = request;
  const plan = planFor(manifest, request.steps);
  const fused = compile(bundle, { plan, strength, depth });
  const sampleBytes = depth / 8;
  const density = manifest.scale / manifest.grid.factor;
  const outputBytes = ({ width, height, keys }: TileBatch): number =>
    keys.length * width * height * manifest.scale ** 2 * 3 * sampleBytes;

  const noise: LoadedModel['noise'] = ({ noise: mode, seed }) =>
    noiseInputs({
      mode,
      seed,
      draws: fused.noise.map(({ draw }) => draw),
      density,
      channels: manifest.grid.channels,
      keep: NOISE_BOUND,
    });

  const runWhole = async (
    session: InferenceSession,
    batch: TileBatch,
    noiseFor: NoiseInputsFor,
  ): Promise<Uint8Array> => {
    const result = await session.run(feeds(runtime, fused, bundle, batch, noiseFor, depth), [fused.result]);
    const { data } = result[fused.result]!;
    if (!ArrayBuffer.isView(data)) throw new Error('the graph returned no samples');
    const { buffer, byteOffset, byteLength } = data;
    if (byteLength !== outputBytes(batch)) {
      throw new Error(
        `the graph returned ${byteLength} bytes for ${batch.keys.length} tiles, not ${outputBytes(batch)}`,
      );
    }
    return new Uint8Array(buffer, byteOffset, byteLength);
  };

  const probe = async (session: InferenceSession): Promise<void> => {
    const batch = probeBatch(manifest.multiple, sampleBytes);
    const result = await runWhole(session, batch, noise({ noise: 'shared', seed: 1 }));
    if (result.every((byte) => byte === result[0])) throw new Error('the result of a test picture is one plain colour');
  };

  const { provider: setting, device, threads } = request;
  const opened: Session = await withGraphFile(folder, fused.model, (graph) =>
    openSession(runtime, { graph, provider: setting, device, threads, probe }),
  );
  const { session, provider, rejected } = opened;

  return {
    info: {
      name: manifest.name,
      sha256: bundle.sha256,
      system: manifest.system,
      task: manifest.task,
      scale: manifest.scale,
      steps: plan.steps.length,
      provider,
      rejected,
      multiple: manifest.multiple,
      tile: manifest.tile,
      plan,
    },
    noise,
    async run(batch, noiseFor) {
      checkBatch(batch, manifest.multiple, sampleBytes);
      const limit = fused.batchLimit ?? batch.keys.length;
      return runSplit(batch, limit, (part) => runWhole(session, part, noiseFor));
    },
    release: () => session.release(),
  };
}

function compile(bundle: Bundle, settings: FuseSettings): Fused {
  try {
    return fuse(bundle, settings);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the graphs of the model ${bundle.manifest.name} do not fit together: ${why}`;
    throw new RemasterError('MODEL_INCOMPATIBLE', message, {
      remedy: 'Export the bundle again with one exporter.',
      cause,
    });
  }
}

function feeds(
  runtime: Runtime,
  fused: Fused,
  { manifest }: Bundle,
  { width, height, data, keys }: TileBatch,
  noiseFor: NoiseInputsFor,
  depth: 8 | 16,
): InferenceSession.FeedsType {
  const { Tensor } = runtime;
  const dims = [keys.length, height, width, 3];
  const made: Record<string, InstanceType<Runtime['Tensor']>> = {
    [fused.frames]: depth === 8 ? new Tensor('uint8', data, dims) : new Tensor('uint16', words(data), dims),
  };
  const noise = noiseFor(keys, width, height);
  for (const [i, { input }] of fused.noise.entries()) {
    const shape = [noise.batch, manifest.grid.channels, noise.height, noise.width];
    made[input] = new Tensor('float32', noise.data[i]!, shape);
  }
  return made;
}

/** Little-endian, as every system that onnxruntime-node has builds for; a view, or a copy where bytes start at an odd place. */
function words(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}

/** A ramp in both directions, with keys of a place like any other. */
function probeBatch(multiple: number, sampleBytes: number): TileBatch {
  const side = Math.ceil(PROBE_SIDE / multiple) * multiple;
  const data = new Uint8Array(side * side * 3 * sampleBytes).map((_, i) => (i * 255) / (side * side * 3 * sampleBytes));
  return { width: side, height: side, data, keys: [{ x: 0, y: 0, scene: 0, frame: 0 }] };
}
