import { openUntilAborted } from '../../../async/openUntilAborted';
import { errorRecord } from '../../../errors';
import type { Model, ModelRequest } from '../../../model/model';
import { comparableModels, type InstalledModel } from '../../../settings/comparableModels';
import type { JobEstimate } from '../../../settings/estimate';
import { modelRequest } from '../../frames/modelRequest';
import { secondsPerFrame, timeTile } from '../../frames/timeTile';
import type { FrameTime, OpenStages } from './measureFrames';

/** The other models of this machine. */
export interface ComparisonTools {
  installed(): Promise<readonly InstalledModel[]>;
  /** Opens a model that is not kept after it was closed. */
  openModel(request: ModelRequest): Promise<Model>;
}

/** Larger bundles take too long to load for a comparison. */
const MAX_BYTES = 64 * 2 ** 20;

type Times = Pick<JobEstimate, 'others' | 'untimed'>;

/**
 * What other models would take for the frames of a job, by the time of one tile compared with that of its own model.
 * `alike`: only models whose result has the same size. Face models have no others.
 */
export async function timeModels(
  { job, info, opened, signal }: OpenStages,
  { installed, openModel }: ComparisonTools,
  own: FrameTime,
  frames: number | null,
  alike: boolean,
): Promise<Times> {
  if (opened.isForFaces) return { others: [], untimed: [] };
  const { name: ownName, scale: ownScale, steps: ownSteps } = opened.model.info;
  const depth = info.pixels.bitDepth > 8 ? 16 : 8;
  const perFrame = async (model: Model): Promise<number> =>
    secondsPerFrame(info, await timeTile(model, depth, signal, info));
  const unit = own.model / (await perFrame(opened.model)); // larger tiles, blending, and whatever a tile alone does not show
  const wants = { scale: job.scale, isMasked: job.mask !== null || job.maskColor !== null };
  const others: JobEstimate['others'][number][] = [];
  const untimed: JobEstimate['untimed'][number][] = [];
  for (const { name, model, steps, of } of comparableModels(await installed(), ownName, wants)) {
    if (of.name === ownName && (steps ?? of.steps) === ownSteps) continue;
    if (alike && of.name !== ownName && job.scale === null && of.scale !== ownScale) continue;
    try {
      if (of.bytes > MAX_BYTES) throw new Error('it is too large to be loaded for a comparison');
      const { order: _, colorFix: __, ...request } = modelRequest({ ...job, model, steps });
      await using open = await openUntilAborted(openModel({ ...request, order: null, colorFix: null, depth }), signal);
      const encoder = own.encoder * (job.scale === null ? (of.scale / ownScale) ** 2 : 1);
      const seconds = wholeFrame({ model: unit * (await perFrame(open)), encoder }, open);
      others.push({ name, secondsPerFrame: seconds, seconds: frames === null ? null : frames * seconds });
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = errorRecord(error);
      untimed.push({ name, reason: code === 'INTERNAL' ? message : `${code}: ${message}` });
    }
  }
  return { others, untimed };
}

/** On a CPU the model and the encoder share the cores; a GPU works while the cores encode. */
export const wholeFrame = ({ model, encoder }: Pick<FrameTime, 'model' | 'encoder'>, { info }: Model): number =>
  info.provider === 'cpu' ? model + encoder : Math.max(model, encoder);
