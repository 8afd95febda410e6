import { RemasterError } from '../../errors';
import type { SamplerPlan } from '../../sampler/plan';
import { type Bundle, checkBundle, readBundle } from '../bundle/bundle';
import type { Manifest } from '../bundle/manifest';
import { planFor } from '../bundle/samplerPlan';
import type { ModelRequest } from '../model';
import { encodeModel } from '../onnx/graph';
import { cached } from './compileCache';
import { fuse, type Fused } from './fuse';

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

/** What decides the graph that a bundle becomes. */
export type CompileSettings = Pick<ModelRequest, 'steps' | 'order' | 'colorFix' | 'strength' | 'depth'>;

/**
 * A bundle as one graph, and that graph's bytes; its weights stay in the files of the bundle. What was compiled once is
 * kept on disk and not compiled again.
 */
export async function compileBundle(
  folder: string,
  settings: CompileSettings,
): Promise<readonly [Compiled, Uint8Array]> {
  const intact = await checkBundle(folder);
  const { manifest, sha256 } = intact;
  const plan = planFor(manifest, settings.steps, settings.order);
  requireMeaning(manifest, settings);
  const { ends, graph } = await cached([sha256, settings], async () => {
    const { model, ...made } = fuseOrExplain(await readBundle(intact), plan, settings);
    return { ends: made, graph: encodeModel(model) };
  });
  return [{ manifest, sha256, plan, depth: settings.depth, ends }, graph];
}

/** A hole has no source picture to be mixed with, and no colours to be brought back to. */
function requireMeaning({ name, task }: Manifest, { colorFix, strength }: CompileSettings): void {
  if (task !== 'inpaint') return;
  const refuse = (setting: string, remedy: string): RemasterError =>
    new RemasterError('BAD_SETTING', `the model ${name} fills holes, where ${setting} means nothing`, { remedy });
  if (strength !== 1) throw refuse('the strength', 'Leave the strength at 1.');
  if (colorFix === 'wavelet') throw refuse('a colour fix', 'Leave the colour fix empty.');
}

function fuseOrExplain(bundle: Bundle, plan: SamplerPlan, { colorFix, strength, depth }: CompileSettings): Fused {
  const { manifest } = bundle;
  try {
    return fuse(bundle, { plan, colorFix: colorFix ?? manifest.colorFix, strength, depth });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the graphs of the model ${manifest.name} do not fit together: ${why}`;
    const remedy = 'Export the bundle again with one exporter.';
    throw new RemasterError('MODEL_INCOMPATIBLE', message, { remedy, cause });
  }
}
