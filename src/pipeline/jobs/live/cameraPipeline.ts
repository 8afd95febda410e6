import {
  filter,
  fromEvent,
  lastValueFrom,
  map,
  type MonoTypeOperatorFunction,
  type Observable,
  share,
  takeUntil,
  tap,
} from 'rxjs';
import { BackpressureWindow } from '../../../async/backpressure';
import { type ErrorRecord, errorRecord, RemasterError } from '../../../errors';
import type { CameraState, LiveJob, LiveJpeg, LiveProgress } from '../../../settings/liveJob';
import { type Comparison, comparison } from '../../frames/comparison';
import { type Crossfade, crossfade } from '../../frames/crossfade';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { acquireSlot } from '../../operators/acquireSlot';
import { crossfadeFrames } from '../../operators/crossfadeFrames';
import { latest } from '../../operators/latest';
import { mapInOrder } from '../../operators/mapInOrder';
import { type AdaptiveQuality, openAdaptiveQuality } from './adaptiveQuality';
import type { CameraFrame } from './camera';
import { type CameraSource, openCamera } from './cameraFrames';
import type { CameraFacts } from './cameraProbe';
import type { FairScheduler, Slot } from './fairScheduler';
import type { LiveFrame } from './liveFrame';
import { type LiveStats, liveStats } from './liveStats';
import { type ModelTools, openQualityLevels } from './qualityLevels';
import { snapshots } from './snapshots';

/** Jobs with equal settings share one camera pipeline: the connection, the decoder and the work of the model. */
export type CameraPipelineSettings = Omit<LiveJob, 'target' | 'quality'>;

export interface CameraPipelineTools extends ModelTools {
  readonly binary: FfmpegBinary;
  /** Shared by all cameras of the process. */
  readonly scheduler: FairScheduler;
}

export interface CameraPipeline {
  /** Rejects when the pipeline is closed, or with an error that reconnecting cannot fix; all it has started has ended. */
  readonly ended: Promise<never>;
  /** The upscaled frames, as they come; each sink subscribes to it. */
  readonly frames$: Observable<LiveFrame>;
  progress(): Omit<LiveProgress, 'target'>;
  /** The format of the camera's video; null before it is known. */
  readonly facts: CameraFacts | null;
  /** A JPEG of the newest frame, or of the next one if its index is not above `newerThan`. */
  jpeg(newerThan: number, signal: AbortSignal): Promise<LiveJpeg>;
  readonly comparison: Comparison;
  /** Resolves when all its processes and models are closed. */
  close(): Promise<void>;
}

/** A change of the camera's state or of its video format, or what a user should know. */
export type CameraEvent =
  | { readonly what: 'camera'; readonly state: CameraState }
  | { readonly what: 'facts'; readonly facts: CameraFacts }
  | { readonly what: 'recoverableError'; readonly error: ErrorRecord };

/** `knownFacts`: from an earlier connection to this camera. */
export function openCameraPipeline(
  settings: CameraPipelineSettings,
  tools: CameraPipelineTools,
  emit: (event: CameraEvent) => void,
  knownFacts: CameraFacts | null,
): CameraPipeline {
  const stop = new AbortController();
  const [stats, fade, compare] = [liveStats(), crossfade(), comparison()];
  const jpegs = snapshots(tools.binary, stop.signal);
  let state: CameraState = { is: 'connecting' };
  let facts = knownFacts;
  let newest: LiveFrame | null = null;
  let quality: AdaptiveQuality | null = null;

  const events = {
    onState: (next: CameraState) => emit({ what: 'camera', state: (state = next) }),
    onFacts: (found: CameraFacts) => emit({ what: 'facts', facts: (facts = found) }),
  };
  const camera = openCamera(settings, tools.binary, events, knownFacts);
  const warn = (warning: string): void =>
    emit({ what: 'recoverableError', error: errorRecord(new RemasterError('GPU_OUT_OF_MEMORY', warning)) });
  const opening = openQuality(settings, tools, stats, fade.begin, warn, stop.signal).then(
    (opened) => (quality = opened),
  );
  const acquire = async (signal: AbortSignal): Promise<Slot> => (await opening).acquire(signal);
  const level = { acquire, opened: () => quality, signal: stop.signal };
  const frames$ = upscaledFrames(camera, level, { stats, fade, compare }).pipe(
    tap((frame) => jpegs.put((newest = frame))),
    takeUntil(fromEvent(stop.signal, 'abort')),
    share(),
  );

  const run = async (): Promise<never> => {
    try {
      await Promise.all([opening, lastValueFrom(frames$, { defaultValue: null })]);
    } catch (error) {
      stop.abort(error);
    }
    // The frame in the model ends before the model does; what failed is reported by now.
    await Promise.allSettled([camera[Symbol.asyncDispose](), opening.then((opened) => opened[Symbol.asyncDispose]())]);
    await jpegs[Symbol.asyncDispose]();
    throw stop.signal.reason;
  };
  const ended = run();
  ended.catch(() => {}); // handled by the users of `ended`

  return {
    ended,
    frames$,
    comparison: compare,
    get facts() {
      return facts;
    },
    progress: () => ({ camera: state, ...progressOf(stats, quality, newest) }),
    jpeg: (newerThan, asked) => jpegs.jpeg(newerThan, asked),
    async close() {
      compare.close();
      stop.abort(new Error('the camera pipeline is closed'));
      await ended.catch(() => {});
    },
  };
}

async function openQuality(
  settings: CameraPipelineSettings,
  tools: CameraPipelineTools,
  stats: LiveStats,
  onChange: () => void,
  warn: (warning: string) => void,
  signal: AbortSignal,
): Promise<AdaptiveQuality> {
  const levels = await openQualityLevels(settings, tools, onChange, warn, signal);
  return openAdaptiveQuality(levels, tools.scheduler, settings.budgetMs, stats, onChange);
}

interface Parts {
  readonly stats: LiveStats;
  readonly fade: Crossfade;
  readonly compare: Comparison;
}

/** What upscales the frames; it is opened while the camera connects. */
interface Upscaler {
  acquire(signal: AbortSignal): Promise<Slot>;
  /** Not null once a slot was acquired. */
  opened(): AdaptiveQuality | null;
  readonly signal: AbortSignal;
}

/** The newest frame of the camera whenever there is time for it, upscaled. */
function upscaledFrames(
  camera: CameraSource,
  { acquire, opened, signal }: Upscaler,
  { stats, fade, compare }: Parts,
): Observable<LiveFrame> {
  const window = new BackpressureWindow(1);
  return camera.frames$.pipe(
    keepEvery(() => opened()?.frameStep ?? 1, stats),
    latest(window, ({ at }) => stats.dropped(performance.now() - at)),
    acquireSlot(acquire, window),
    mapInOrder(window, ({ item, slot }) => opened()!.upscale(item.take, slot, signal)),
    filter((frame) => frame !== null), // it would have been late
    crossfadeFrames(fade),
    map(({ source, output }) => {
      const frame = { ...output, done: performance.now() };
      compare.offer({ ...source, depth: 8 }, { ...frame, depth: 8 }, frame.pixelAspect);
      stats.upscaled(frame.done - frame.at);
      return frame;
    }),
    tap(() => opened()!.adapt()),
  );
}

/** Counts the frames and skips some of them evenly. */
const keepEvery = (step: () => number, stats: LiveStats): MonoTypeOperatorFunction<CameraFrame> =>
  filter(({ index }) => {
    stats.received();
    const isKept = index % step() === 0;
    if (!isKept) stats.skipped();
    return isKept;
  });

function progressOf(
  stats: LiveStats,
  quality: AdaptiveQuality | null,
  newest: LiveFrame | null,
): Omit<LiveProgress, 'target' | 'camera'> {
  const { missed: _, ...counts } = stats.counts();
  const level = quality?.level;
  return {
    ...counts,
    steps: level?.info.steps ?? null,
    model: level?.info.name ?? null,
    modelHeight: level?.lines ?? null,
    frameStep: quality?.frameStep ?? 1,
    isRegionOnly: level?.isRegionOnly ?? false,
    cacheStats: level?.cacheStats() ?? null,
    width: newest?.stored.width ?? null,
    height: newest?.stored.height ?? null,
  };
}
