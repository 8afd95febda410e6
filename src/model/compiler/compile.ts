import { RemasterError } from '../../errors';
import type { SamplerPlan } from '../../sampler/plan';
import { type Bundle, readBundle } from '../bundle/bundle';
import type { Manifest } from '../bundle/manifest';
import { planFor } from '../bundle/samplerPlan';
import { verifyChecksums } from '../bundle/verifyChecksums';
import type { ModelRequest } from '../model';
import { encodeModel } from '../onnx/graph';
import { cached } from './compileCache';
import { fuse, type Fused } from './fuse';

/** A bundle compiled into one graph. Does not keep the bundle's graphs and weights in memory. */
export interface Compiled {
  readonly manifest: Manifest;
  /** Hash of the bundle. */
  readonly sha256: string;
  readonly plan: SamplerPlan;
  readonly depth: 8 | 16;
  /** Inputs and outputs of the graph. */
  readonly ports: Omit<Fused, 'model'>;
}

/** The settings that determine the compiled graph. */
export type CompileSettings = Pick<ModelRequest, 'steps' | 'order' | 'colorFix' | 'strength' | 'depth'>;

/** Decoders overshoot black and white by less than this. */
const REFERENCE_RANGE = [-1, 2] as const;

/** Compiles a bundle into one ONNX file, whose weights stay in the files of the bundle. Uses the cache on disk. */
export async function compileBundle(
  folder: string,
  settings: CompileSettings,
): Promise<readonly [Compiled, Uint8Array]> {
  const intact = await verifyChecksums(folder);
  const { manifest, sha256 } = intact;
  const plan = planFor(manifest, settings.steps, settings.order);
  checkInpaintSettings(manifest, settings);
  const { ports, graph } = await cached([sha256, settings], async () => {
    const { model, ...fusedPorts } = fuseOrExplain(await readBundle(intact), plan, settings);
    return { ports: fusedPorts, graph: encodeModel(model) };
  });
  return [{ manifest, sha256, plan, depth: settings.depth, ports }, graph];
}

/** Masked areas have no source to blend with or to take colours from. */
function checkInpaintSettings({ name, task }: Manifest, { colorFix, strength }: CompileSettings): void {
  if (task !== 'inpaint') return;
  const notApplicable = (setting: string, remedy: string): RemasterError =>
    new RemasterError('BAD_SETTING', `${setting} does not apply to the inpainting model ${name}`, { remedy });
  if (strength !== 1) throw notApplicable('strength', 'Leave the strength at 1.');
  if (colorFix === 'wavelet') throw notApplicable('colour fix', 'Leave the colour fix empty.');
}

function fuseOrExplain(bundle: Bundle, plan: SamplerPlan, { colorFix, strength, depth }: CompileSettings): Fused {
  const { manifest } = bundle;
  // For the others the reference is the source, upscaled or not.
  const hasReference = manifest.graphs.preprocess !== undefined && ['upscale', 'restore'].includes(manifest.task);
  try {
    if (colorFix !== 'adain') return fuse(bundle, { plan, colorFix: colorFix ?? manifest.colorFix, strength, depth });
    const referenceRange = hasReference ? REFERENCE_RANGE : null;
    return fuse(bundle, { plan, colorFix: 'none', strength, depth, referenceRange });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the graphs of the model ${manifest.name} are incompatible: ${why}`;
    const remedy = 'Export all graphs of the bundle again with the same exporter.';
    throw new RemasterError('MODEL_INCOMPATIBLE', message, { remedy, cause });
  }
}
