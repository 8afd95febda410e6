import { Mailbox } from '../../../async/mailbox';
import type { CameraState, LiveJob, LiveJpeg, LiveProgress } from '../../../settings/liveJob';
import { type Comparison, comparison } from '../../frames/comparison';
import { crossfade } from '../../frames/crossfade';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { type CameraFrame, watchCamera } from './camera';
import type { CameraFacts } from './cameraProbe';
import type { LiveFrame } from './liveFrame';
import { liveStats } from './liveStats';
import { snapshots } from './snapshots';
import { type ModelTools, upscaleLoop } from './upscaleLoop';

/** Jobs with equal settings share one camera pipeline: the connection, the decoder and the work of the model. */
export type CameraPipelineSettings = Omit<LiveJob, 'target' | 'quality'>;

export interface CameraPipelineTools extends ModelTools {
  readonly binary: FfmpegBinary;
}

export interface CameraPipeline {
  /** Rejects when the pipeline is closed, or with an error that reconnecting cannot fix. */
  readonly ended: Promise<never>;
  /** Calls `put` with every upscaled frame; it must not wait. Returns an unsubscribe function. */
  subscribe(put: (frame: LiveFrame) => void): () => void;
  progress(): Omit<LiveProgress, 'target'>;
  /** The format of the camera's video; null before it is known. */
  readonly facts: CameraFacts | null;
  /** A JPEG of the newest frame, or of the next one if its index is not above `newerThan`. */
  jpeg(newerThan: number, signal: AbortSignal): Promise<LiveJpeg>;
  readonly comparison: Comparison;
  /** Resolves when all its processes and models are closed. */
  close(): Promise<void>;
}

/** A change of the camera's state or of its video format. */
export type CameraEvent =
  { readonly what: 'camera'; readonly state: CameraState } | { readonly what: 'facts'; readonly facts: CameraFacts };

/** `knownFacts`: from an earlier connection to this camera. */
export function openCameraPipeline(
  settings: CameraPipelineSettings,
  tools: CameraPipelineTools,
  emit: (event: CameraEvent) => void,
  knownFacts: CameraFacts | null,
): CameraPipeline {
  const stop = new AbortController();
  const { signal } = stop;
  const stats = liveStats();
  const mailbox = new Mailbox<CameraFrame>((frame) => stats.dropped(performance.now() - frame.at));
  const fade = crossfade();
  const compare = comparison();
  const jpegs = snapshots(tools.binary, signal);
  const subscribers = new Set<(frame: LiveFrame) => void>();
  let camera: CameraState = { is: 'connecting' };
  let facts = knownFacts;
  let newest: LiveFrame | null = null;

  const deliver = (cameraFrame: CameraFrame, result: LiveFrame): void => {
    const source = { ...cameraFrame.info, data: cameraFrame.data };
    const frame = { ...result, data: fade.through(source, result), done: performance.now() };
    compare.offer({ ...source, depth: 8 }, { ...frame, depth: 8 }, result.pixelAspect);
    newest = frame;
    stats.upscaled(frame.done - frame.at);
    for (const put of subscribers) put(frame);
    jpegs.put(frame);
  };
  const loop = upscaleLoop({ settings, tools, mailbox, stats, fade, deliver });

  const events = {
    onState(state: CameraState) {
      camera = state;
      emit({ what: 'camera', state });
    },
    onFacts(found: CameraFacts) {
      facts = found;
      emit({ what: 'facts', facts: found });
    },
    onFrame(frame: CameraFrame) {
      stats.received();
      if (frame.index % loop.frameStep === 0) mailbox.put(frame);
      else stats.skipped();
    },
  };
  const watch = watchCamera(settings, tools.binary, events, signal, knownFacts);

  // If one of them fails, the other is stopped; `ended` settles after both.
  const tasks = [watch, loop.run(signal)].map((task) =>
    task.catch((error: unknown) => {
      if (!signal.aborted) stop.abort(error);
    }),
  );
  const ended = Promise.all(tasks).then(async (): Promise<never> => {
    await jpegs[Symbol.asyncDispose]();
    throw signal.reason;
  });
  ended.catch(() => {}); // handled by the users of `ended`

  return {
    ended,
    comparison: compare,
    get facts() {
      return facts;
    },
    subscribe(put) {
      subscribers.add(put);
      return () => void subscribers.delete(put);
    },
    progress() {
      const { missed: _, ...counts } = stats.counts();
      const { level, frameStep } = loop;
      return {
        camera,
        ...counts,
        steps: level?.info.steps ?? null,
        model: level?.info.name ?? null,
        frameStep,
        isRegionOnly: level?.isRegionOnly ?? false,
        cacheStats: level?.cacheStats() ?? null,
        width: newest?.stored.width ?? null,
        height: newest?.stored.height ?? null,
      };
    },
    jpeg: (newerThan, asked) => jpegs.jpeg(newerThan, asked),
    async close() {
      compare.close();
      stop.abort(new Error('the camera pipeline is closed'));
      await ended.catch(() => {});
    },
  };
}
