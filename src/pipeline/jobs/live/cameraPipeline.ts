import { Mailbox } from '../../../async/mailbox';
import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelInfo, ModelRequest } from '../../../model/model';
import type { CameraState, LiveJob, LiveJpeg, LiveProgress } from '../../../settings/liveJob';
import { type Comparison, comparison } from '../../frames/comparison';
import { crossfade } from '../../frames/crossfade';
import { modelRequest } from '../../frames/modelRequest';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { jpegEncoder } from '../../media/jpegEncoder';
import { type CameraFacts, type CameraFrame, watchCamera } from './camera';
import type { FairScheduler } from './fairScheduler';
import { latencyEstimate, isTooLate } from './frameCost';
import type { LiveFrame } from './liveFrame';
import { liveStats } from './liveStats';
import { qualityLadder, qualitySteps, type QualityStep } from './qualityLadder';
import { type QualityLevel, openQualityLevel } from './qualityLevel';

/** What several jobs with one camera and equal settings share: the connection, the decoder and the model's work. */
export type CameraPipelineSettings = Omit<LiveJob, 'target' | 'quality'>;

export interface CameraPipelineTools {
  readonly binary: FfmpegBinary;
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
  /** Shared by all channels of the process. */
  readonly scheduler: FairScheduler;
}

export interface CameraPipeline {
  /** Rejects when the channel is closed, or with an error that waiting cannot mend. */
  readonly ended: Promise<never>;
  /** `put` is told of frameStep picture when it is done; it must not wait. Answers with the level to take it off. */
  subscribe(put: (frame: LiveFrame) => void): () => void;
  progress(): Omit<LiveProgress, 'target'>;
  /** What the camera sends; null before it is known. */
  readonly facts: CameraFacts | null;
  /** A JPEG of the newest picture, and if that is not newer than number `after`, of the next one. */
  jpeg(after: number, signal: AbortSignal): Promise<LiveJpeg>;
  /** Before and after in one picture. */
  readonly comparison: Comparison;
  /** Settles when nothing of it is left. */
  close(): Promise<void>;
}

/** What is told of a camera, whenever it changes. */
export type CameraEvent =
  { readonly what: 'camera'; readonly state: CameraState } | { readonly what: 'facts'; readonly facts: CameraFacts };

/** `before`: what the camera is known to have sent to somebody else. */
export function openCameraPipeline(
  settings: CameraPipelineSettings,
  tools: CameraPipelineTools,
  tell: (news: CameraEvent) => void,
  before: CameraFacts | null,
): CameraPipeline {
  const stop = new AbortController();
  const { signal } = stop;
  const stats = liveStats();
  const compare = comparison();
  const age = ({ at }: CameraFrame): number => performance.now() - at;
  const waiting = new Mailbox<CameraFrame>((picture) => stats.dropped(age(picture)));
  const sinks = new Set<(frame: LiveFrame) => void>();
  let camera: CameraState = { is: 'connecting' };
  let facts = before;
  let latest: LiveFrame | null = null;
  /** How pictures are made now. */
  let level: QualityLevel | null = null;
  let frameStep = 1;
  const fading = crossfade();
  let changed = (): void => {};
  let change = new Promise<void>((resolve) => (changed = resolve));

  const deliver = (picture: CameraFrame, made: LiveFrame): void => {
    const source = { ...picture.info, data: picture.data };
    const frame = { ...made, data: fading.through(source, made), done: performance.now() };
    compare.offer({ ...source, depth: 8 }, { ...frame, depth: 8 }, made.pixelAspect);
    latest = frame;
    stats.made(frame.done - frame.at);
    for (const put of sinks) put(frame);
    const wake = changed;
    change = new Promise((resolve) => (changed = resolve));
    wake();
  };

  async function enhanceAll(): Promise<never> {
    const models: Model[] = [];
    const isAdaptive = settings.overload === 'adapt';
    const open = async (isLight: boolean, wanted: number | null): Promise<Model> => {
      const own = { ...modelRequest({ ...settings, steps: wanted }), depth: 8 } as const;
      // Its number of steps and its solver are its own.
      const light = { ...own, model: settings.fallbackModel ?? own.model, steps: null, order: null };
      const model = await tools.openModel(isLight ? light : own);
      models.push(model);
      if (model.info.task === 'inpaint') throw forFilms(model.info.name);
      return model;
    };
    // For a model of faces; it costs nothing until a face is looked for.
    await using finder = settings.faces === 'aligned' ? null : tools.openFaceFinder();
    const client = tools.scheduler.register();
    try {
      const best = await open(false, settings.steps);
      const light = isAdaptive && settings.fallbackModel !== null ? await open(true, null) : null;
      if (light && light.info.scale !== best.info.scale) throw otherScale(light.info, best.info);
      const ladder = qualitySteps({
        steps: best.info.steps,
        isAdaptive,
        hasFallback: light !== null,
        region: settings.region?.when ?? 'never',
        skipFramesEvenly: settings.skipFramesEvenly,
      });
      const levels = new Map<string, QualityLevel>();
      /** How many tiles are worth going together with those of other cameras. */
      const worth = new Map<string | null, number>();
      const take = async ({ isFallback, steps: count, isRegionOnly }: QualityStep): Promise<QualityLevel> => {
        const key = [isFallback, count, isRegionOnly].join();
        const own = async (): Promise<Model> => (count === best.info.steps ? best : await open(false, count));
        const found =
          levels.get(key) ??
          openQualityLevel(isFallback ? light! : await own(), finder, settings, isRegionOnly, fading.begin);
        levels.set(key, found);
        return found;
      };
      const chosen = qualityLadder(ladder, settings.budgetMs);
      const cost = latencyEstimate();
      let looked = 0;
      for (;;) {
        const now = (level = await take(ladder[chosen.level]!));
        ({ frameStep } = ladder[chosen.level]!);
        await waiting.filled(signal);
        const most = cost.usual > 0 ? (worth.get(now.batchKey) ?? 1) : 1;
        const slot = await client.acquire(signal, {
          kind: now.batchKey,
          most,
          cost: cost.most,
          limit: settings.budgetMs / 2,
        });
        let spent = 0;
        try {
          // Tried out once, when somebody is there to share a slot with.
          if (tools.scheduler.size > 1 && cost.usual > 0 && !worth.has(now.batchKey))
            worth.set(now.batchKey, await now.maxBatch(signal));
          const picture = waiting.take()!; // the newest, now that it is our slot
          const expected = slot.size > 1 ? { usual: slot.expected, most: slot.expected } : cost;
          if (isTooLate(age(picture), expected, settings.budgetMs)) {
            stats.dropped(age(picture));
            cost.decay();
            continue;
          }
          const started = performance.now();
          const made = await now.upscale(picture, slot.participant, signal);
          slot.participant.leave();
          spent = (performance.now() - started) * slot.participant.share;
          cost.add(spent);
          deliver(picture, made);
        } finally {
          slot.release(spent);
        }
        if (ladder.length === 1 || performance.now() - looked < 1000) continue;
        looked = performance.now();
        const { missed, latency, fpsIn } = stats.counts(LOOK);
        const look = { dropShare: missed, latency: latency?.p95 ?? 0, work: cost.usual, rate: fpsIn ?? 0 };
        if (!chosen.look(look) || ladder[chosen.level]!.frameStep !== frameStep) continue;
        cost.reset(); // what is done now takes another time
        fading.begin();
      }
    } finally {
      client.unregister();
      await Promise.all(models.map((each) => each[Symbol.asyncDispose]()));
    }
  }

  const watch = (): Promise<never> =>
    watchCamera(
      settings,
      tools.binary,
      {
        onState(state) {
          camera = state;
          tell({ what: 'camera', state });
        },
        onFacts(found) {
          facts = found;
          tell({ what: 'facts', facts: found });
        },
        onFrame(picture) {
          stats.came();
          if (picture.index % frameStep === 0) waiting.put(picture);
          else stats.spared();
        },
      },
      signal,
      before,
    );

  // Whichever fails takes the other with it; the end comes when both are gone.
  const parts = [watch(), enhanceAll()].map((part) =>
    part.catch((error: unknown) => {
      if (!signal.aborted) stop.abort(error);
    }),
  );
  const ended = Promise.all(parts).then(async (): Promise<never> => {
    await jpegs[Symbol.asyncDispose]();
    throw signal.reason;
  });
  ended.catch(() => {}); // whoever holds it hears of it

  const jpegs = jpegEncoder(tools.binary, signal);
  const counts = () => {
    const { missed: _, ...told } = stats.counts();
    return told;
  };
  let making: Promise<LiveJpeg> | null = null;
  let last: LiveJpeg | null = null;
  const make = async (frame: LiveFrame): Promise<LiveJpeg> => {
    const data = await jpegs.encode(frame);
    const latency = performance.now() - frame.at;
    last = { data, ...frame.stored, index: frame.index, time: Date.now() - latency, latency };
    return last;
  };

  return {
    ended,
    comparison: compare,
    get facts() {
      return facts;
    },
    subscribe(put) {
      sinks.add(put);
      return () => void sinks.delete(put);
    },
    progress: () => ({
      camera,
      ...counts(),
      steps: level?.info.steps ?? null,
      model: level?.info.name ?? null,
      frameStep,
      isRegionOnly: level?.isRegionOnly ?? false,
      cacheStats: level?.cacheStats() ?? null,
      width: latest?.stored.width ?? null,
      height: latest?.stored.height ?? null,
    }),
    async jpeg(after, asked) {
      for (;;) {
        asked.throwIfAborted();
        signal.throwIfAborted();
        if (making) await making;
        if (last && last.index > after && last.index === latest?.index) return last;
        if (making) continue; // somebody else was quicker
        if (!latest || latest.index <= after) await untilAborted(change, asked, signal);
        else {
          making = make(latest).finally(() => (making = null));
          const made = await making;
          if (made.index > after) return made;
        }
      }
    },
    async close() {
      compare.close();
      stop.abort(new Error('the channel is closed'));
      await ended.catch(() => {});
    },
  };
}

const forFilms = (name: string): RemasterError =>
  new RemasterError('MODEL_INCOMPATIBLE', `The model ${name} fills holes, and a camera brings no mask.`, {
    remedy: 'Choose a model that enlarges or restores.',
  });

const otherScale = (light: ModelInfo, own: ModelInfo): RemasterError =>
  new RemasterError(
    'MODEL_INCOMPATIBLE',
    `The lighter model ${light.name} enlarges ${light.scale} times, and ${own.name} ${own.scale} times.`,
    { remedy: 'Choose a lighter model of the same scale, or none.' },
  );

/** Milliseconds back that the choice of effort looks at. */
const LOOK = 3000;

/** Waits, but not longer than either signal allows. */
async function untilAborted(wait: Promise<void>, ...signals: readonly AbortSignal[]): Promise<void> {
  const stops: (() => void)[] = [];
  const aborted = new Promise<never>((_, reject) => {
    for (const signal of signals) {
      const stop = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      stops.push(() => signal.removeEventListener('abort', stop));
    }
  });
  try {
    await Promise.race([wait, aborted]);
  } finally {
    for (const stop of stops) stop();
  }
}
