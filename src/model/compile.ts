import { RemasterError } from '../errors';
import type { SamplerPlan } from '../sampler/plan';
import { openBundle } from './bundle';
import { fuse, type Fused } from './fuse';
import type { Manifest } from './manifest';
import type { ModelRequest } from './model';
import { encodeModel, isExternal } from './onnx';
import { planFor } from './schedule';

/** A bundle as one graph. The graphs it was made of, and their weights, are not held on to. */
export interface Compiled {
  readonly manifest: Manifest;
  /** Of the bundle. */
  readonly sha256: string;
  readonly plan: SamplerPlan;
  readonly depth: 8 | 16;
  /** How the graph is fed. */
  readonly ends: Omit<Fused, 'model'>;
}

export interface CompiledGraph {
  readonly bytes: Uint8Array;
  /** It has weights in files of their own, which lie in the folder of the bundle. */
  readonly external: boolean;
}

export async function compileBundle(
  folder: string,
  {
    steps,
    order,
    colorFix,
    strength,
    depth,
  }: Pick<ModelRequest, 'steps' | 'order' | 'colorFix' | 'strength' | 'depth'>,
): Promise<readonly [Compiled, CompiledGraph]> {
  const bundle = await openBundle(folder);
  const { manifest, sha256 } = bundle;
  const plan = planFor(manifest, steps, order);
  try {
    const { model, ...ends } = fuse(bundle, { plan, colorFix: colorFix ?? manifest.colorFix, strength, depth });
    const graph = { bytes: encodeModel(model), external: model.graph.initializer.some(isExternal) };
    return [{ manifest, sha256, plan, depth, ends }, graph];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the graphs of the model ${manifest.name} do not fit together: ${why}`;
    const remedy = 'Export the bundle again with one exporter.';
    throw new RemasterError('MODEL_INCOMPATIBLE', message, { remedy, cause });
  }
}
