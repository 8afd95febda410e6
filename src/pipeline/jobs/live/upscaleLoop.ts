import type { Mailbox } from '../../../async/mailbox';
import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelInfo, ModelRequest } from '../../../model/model';
import type { LiveJob } from '../../../settings/liveJob';
import type { Crossfade } from '../../frames/crossfade';
import { modelRequest } from '../../frames/modelRequest';
import type { CameraFrame } from './camera';
import { isTooLate, latencyEstimate } from './dropLateFrames';
import type { FairScheduler } from './fairScheduler';
import type { LiveFrame } from './liveFrame';
import type { LiveStats } from './liveStats';
import { qualityLadder, type QualityStep, qualitySteps } from './qualityLadder';
import { openQualityLevel, type QualityLevel } from './qualityLevel';

export interface ModelTools {
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
  /** Shared by all cameras of the process. */
  readonly scheduler: FairScheduler;
}

export interface UpscaleLoop {
  /** Upscales frames until the signal is aborted. */
  run(signal: AbortSignal): Promise<never>;
  /** The level in use; null before the first model is open. */
  readonly level: QualityLevel | null;
  /** Every so many camera frames, one is upscaled. */
  readonly frameStep: number;
}

interface UpscaleParts {
  readonly settings: Omit<LiveJob, 'target' | 'quality'>;
  readonly tools: ModelTools;
  /** Holds the newest camera frame. */
  readonly mailbox: Mailbox<CameraFrame>;
  readonly stats: LiveStats;
  readonly fade: Crossfade;
  deliver(source: CameraFrame, result: LiveFrame): void;
}

/** Milliseconds of statistics that decide on a change of the quality level. */
const LADDER_WINDOW = 3000;

/**
 * Takes the newest camera frame, waits for a slot of the scheduler, and upscales the frame or drops it when it would be
 * late.
 */
export function upscaleLoop({ settings, tools, mailbox, stats, fade, deliver }: UpscaleParts): UpscaleLoop {
  let level: QualityLevel | null = null;
  let frameStep = 1;

  async function run(signal: AbortSignal): Promise<never> {
    // Used by face models only; costs nothing until the first detection.
    await using finder = settings.faces === 'aligned' ? null : tools.openFaceFinder();
    const client = tools.scheduler.register();
    const models = openModels(settings, tools);
    try {
      const { steps, levelFor } = await openLevels(settings, models, finder, fade.begin);
      const ladder = qualityLadder(steps, settings.budgetMs);
      const cost = latencyEstimate();
      const maxBatches = new Map<string | null, number>();
      let lastCheck = 0;

      /** False if the frame was dropped. */
      const upscaleNewest = async (current: QualityLevel): Promise<boolean> => {
        const slot = await client.acquire(signal, {
          kind: current.batchKey,
          most: cost.usual > 0 ? (maxBatches.get(current.batchKey) ?? 1) : 1,
          cost: cost.most,
          limit: settings.budgetMs / 2,
        });
        let spent = 0;
        try {
          // Measured once, and only when there is another camera to share a batch with.
          if (tools.scheduler.size > 1 && cost.usual > 0 && !maxBatches.has(current.batchKey))
            maxBatches.set(current.batchKey, await current.maxBatch(signal));
          const frame = mailbox.take()!; // the newest, now that the slot is ours
          const age = performance.now() - frame.at;
          const expected = slot.size > 1 ? { usual: slot.expected, most: slot.expected } : cost;
          if (isTooLate(age, expected, settings.budgetMs)) {
            stats.dropped(age);
            cost.decay();
            return false;
          }
          const started = performance.now();
          const result = await current.upscale(frame, slot.participant, signal);
          slot.participant.leave();
          spent = (performance.now() - started) * slot.participant.share;
          cost.add(spent);
          deliver(frame, result);
          return true;
        } finally {
          slot.release(spent);
        }
      };

      const adaptQuality = (): void => {
        if (steps.length === 1 || performance.now() - lastCheck < 1000) return;
        lastCheck = performance.now();
        const { missed, latency, fpsIn } = stats.counts(LADDER_WINDOW);
        const load = { dropShare: missed, latency: latency?.p95 ?? 0, work: cost.usual, rate: fpsIn ?? 0 };
        if (!ladder.update(load) || steps[ladder.level]!.frameStep !== frameStep) return;
        cost.reset(); // another level takes another time
        fade.begin();
      };

      for (;;) {
        const step = steps[ladder.level]!;
        const current = (level = await levelFor(step));
        ({ frameStep } = step);
        await mailbox.filled(signal);
        if (await upscaleNewest(current)) adaptQuality();
      }
    } finally {
      client.unregister();
      await models.close();
    }
  }

  return {
    run,
    get level() {
      return level;
    },
    get frameStep() {
      return frameStep;
    },
  };
}

interface ModelSet {
  open(steps: number | null): Promise<Model>;
  openFallback(model: string): Promise<Model>;
  close(): Promise<void>;
}

/** The models of one camera, to be closed together. */
function openModels(settings: UpscaleParts['settings'], tools: ModelTools): ModelSet {
  const opened: Model[] = [];
  const open = async (request: ModelRequest): Promise<Model> => {
    const model = await tools.openModel(request);
    opened.push(model);
    if (model.info.task === 'inpaint') throw inpaintUnavailable(model.info.name);
    return model;
  };
  const request = (steps: number | null) => ({ ...modelRequest({ ...settings, steps }), depth: 8 }) as const;
  return {
    open: (steps) => open(request(steps)),
    // The fallback model has its own number of steps and its own solver.
    openFallback: (model) => open({ ...request(null), model, order: null }),
    async close() {
      await Promise.all(opened.map((model) => model[Symbol.asyncDispose]()));
    },
  };
}

/** The steps of the quality ladder, and the level of each, opened at its first use. */
async function openLevels(
  settings: UpscaleParts['settings'],
  models: ModelSet,
  finder: FaceFinder | null,
  onChange: () => void,
) {
  const { fallbackModel, region, skipFramesEvenly } = settings;
  const isAdaptive = settings.overload === 'adapt';
  const best = await models.open(settings.steps);
  const fallback = isAdaptive && fallbackModel !== null ? await models.openFallback(fallbackModel) : null;
  if (fallback && fallback.info.scale !== best.info.scale) throw scaleMismatch(fallback.info, best.info);
  const levels = new Map<string, QualityLevel>();
  const modelFor = async ({ isFallback, steps }: QualityStep): Promise<Model> => {
    if (isFallback) return fallback!;
    return steps === best.info.steps ? best : models.open(steps);
  };
  return {
    steps: qualitySteps({
      steps: best.info.steps,
      isAdaptive,
      hasFallback: fallback !== null,
      region: region?.when ?? 'never',
      skipFramesEvenly,
    }),
    async levelFor(step: QualityStep): Promise<QualityLevel> {
      const key = [step.isFallback, step.steps, step.isRegionOnly].join();
      const level =
        levels.get(key) ?? openQualityLevel(await modelFor(step), finder, settings, step.isRegionOnly, onChange);
      levels.set(key, level);
      return level;
    },
  };
}

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
