import { AsyncDisposableStack } from '../../../async/asyncDisposableStack';
import { openUntilAborted } from '../../../async/openUntilAborted';
import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelInfo, ModelRequest } from '../../../model/model';
import type { LiveJob } from '../../../settings/liveJob';
import { modelRequest } from '../../frames/modelRequest';
import { type QualityStep, qualitySteps } from './qualityLadder';
import { openQualityLevel, type QualityLevel } from './qualityLevel';

/** Opens models, and what finds the faces for face models. */
export interface ModelTools {
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
}

export type UpscaleSettings = Omit<LiveJob, 'target' | 'quality'>;

/** The levels of quality of one camera, best first. */
export interface QualityLevels extends AsyncDisposable {
  readonly steps: readonly QualityStep[];
  /** Opens the level at its first use. */
  levelFor(step: QualityStep): Promise<QualityLevel>;
}

/**
 * `onChange`: called when a level looks different from now on. `warn`: when memory ran out and tiles became smaller. `signal` ends
 * waiting for a model that loads. Errors: those of the models, MODEL_INCOMPATIBLE.
 */
export async function openQualityLevels(
  settings: UpscaleSettings,
  tools: ModelTools,
  onChange: () => void,
  warn: (warning: string) => void,
  signal: AbortSignal,
): Promise<QualityLevels> {
  await using stack = new AsyncDisposableStack();
  // costs nothing until the first detection
  const finder = stack.use(settings.faces === 'aligned' ? null : tools.openFaceFinder());
  const models = stack.use(modelSet(settings, tools, signal));
  const { best, fallback } = await openBest(settings, models);
  const levels = new Map<string, QualityLevel>();
  const modelFor = async ({ isFallback, steps }: QualityStep): Promise<Model> => {
    if (isFallback) return fallback!;
    return steps === best.info.steps ? best : models.open(steps);
  };
  const all = stack.move();
  return {
    steps: stepsOf(settings, best, fallback),
    async levelFor(step) {
      const key = [step.isFallback, step.steps, step.size, step.isRegionOnly].join();
      const known = levels.get(key);
      if (known) return known;
      const level = openQualityLevel(await modelFor(step), finder, settings, step, onChange, warn);
      levels.set(key, level);
      all.defer(() => level.close());
      return level;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

interface ModelSet extends AsyncDisposable {
  open(steps: number | null): Promise<Model>;
  openFallback(model: string): Promise<Model>;
}

/** The models of one camera, to be closed together. */
function modelSet(settings: UpscaleSettings, tools: ModelTools, signal: AbortSignal): ModelSet {
  const opened = new AsyncDisposableStack();
  const open = async (request: ModelRequest): Promise<Model> => {
    const model = await openUntilAborted(tools.openModel(request), signal);
    if (opened.disposed) {
      await model[Symbol.asyncDispose](); // it was loaded too late
      throw new Error('the models of the camera are closed');
    }
    opened.use(model);
    if (model.info.task === 'inpaint') throw inpaintUnavailable(model.info.name);
    return model;
  };
  const request = (steps: number | null) => ({ ...modelRequest({ ...settings, steps }), depth: 8 }) as const;
  return {
    open: (steps) => open(request(steps)),
    // The fallback model has its own number of steps and its own solver.
    openFallback: (model) => open({ ...request(null), model, order: null }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The job's model and the one for overload, if it may be used. */
async function openBest({ steps, overload, fallbackModel }: UpscaleSettings, models: ModelSet) {
  const best = await models.open(steps);
  const fallback = overload === 'adapt' ? await openLighter(fallbackModel, best.info, models) : null;
  return { best, fallback };
}

/** The fallback model: the wanted one, or the quick one of this package for models like those that it can replace. */
async function openLighter(wanted: string | null, best: ModelInfo, models: ModelSet): Promise<Model | null> {
  if (wanted === null && !(best.task === 'upscale' && best.scale === QUICK.scale)) return null;
  const fallback = await models.openFallback(wanted ?? QUICK.name);
  if (fallback.info.scale !== best.scale) throw scaleMismatch(fallback.info, best);
  return fallback.info.sha256 === best.sha256 ? null : fallback;
}

/** The embedded model for cameras. */
const QUICK = { name: 'x4-live', scale: 4 } as const;

const stepsOf = (
  { overload, region, skipFramesEvenly }: UpscaleSettings,
  best: Model,
  fallback: Model | null,
): readonly QualityStep[] =>
  qualitySteps({
    steps: best.info.steps,
    isAdaptive: overload === 'adapt',
    hasFallback: fallback !== null,
    scale: best.info.scale,
    region: region?.when ?? 'never',
    skipFramesEvenly,
  });

const inpaintUnavailable = (name: string): RemasterError =>
  new RemasterError('MODEL_INCOMPATIBLE', `${name} is an inpainting model; inpainting is not available for cameras.`, {
    remedy: 'Choose a model that upscales or restores.',
  });

const scaleMismatch = (fallback: ModelInfo, main: ModelInfo): RemasterError =>
  new RemasterError(
    'MODEL_INCOMPATIBLE',
    `The fallback model ${fallback.name} upscales ×${fallback.scale}, but ${main.name} upscales ×${main.scale}.`,
    { remedy: 'Choose a fallback model with the same scale, or none.' },
  );
