import { map, type Observable } from 'rxjs';
import { BackpressureWindow } from '../async/backpressure';
import type { CameraFrame } from '../pipeline/jobs/live/camera';
import { type CameraSource, openCamera } from '../pipeline/jobs/live/cameraFrames';
import type { CameraInfo } from '../pipeline/jobs/live/cameraProbe';
import { type FfmpegBinary, findFfmpeg } from '../pipeline/media/findFfmpeg';
import { latest } from '../pipeline/operators/latest';
import { withResource } from '../pipeline/operators/withResource';
import {
  type CameraState,
  checkLiveJob,
  LIVE_DEFAULTS,
  type LiveInput,
  type LiveJob,
  type LiveSource,
  SOURCE_DEFAULTS,
} from '../settings/liveJob';
import type { FrameStream, VideoFrame } from './videoFrame';

/** How a camera is read. */
export interface CameraOptions
  extends
    Partial<Omit<LiveSource, 'input'>>,
    Partial<Pick<LiveJob, 'maxFps' | 'maxHeight' | 'deinterlace' | 'temporalDenoise' | 'hwaccel'>> {
  /** Credentials, if they are not in the address. */
  readonly username?: string;
  readonly password?: string;
  /** Called when the camera connects, runs, or is waited for. */
  readonly onState?: (state: CameraState) => void;
}

/** Ticks per second of the times: milliseconds. */
const TIME_BASE = { num: 1, den: 1000 };

/**
 * The newest frames of a camera, over all connections, until it is unsubscribed: a frame that comes while the operators
 * after it are busy is dropped for the next. Errors: BAD_SETTING, and those that reconnecting cannot fix.
 */
export function cameraFrames(camera: string | LiveInput, options: CameraOptions = {}): Observable<VideoFrame> {
  const { onState = () => {}, username = null, password = null, ...settings } = options;
  const { label = 'camera', retryMin, retryMax, stall, ...reading } = settings;
  const input =
    typeof camera === 'string' ? { kind: 'address', address: camera, username, password, transport: 'auto' } : camera;
  const source = { ...SOURCE_DEFAULTS, ...defined({ retryMin, retryMax, stall }), label, input };
  return withResource(
    async () => {
      const job = checkLiveJob({ ...LIVE_DEFAULTS, ...reading, source, target: { kind: 'pictures' } });
      const binary = await findFfmpeg();
      const opened = openCamera(job, binary, { onState, onFacts() {} }, null);
      return { ...opened, binary };
    },
    (opened) => timedFrames(opened),
  );
}

const defined = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;

/** Frames with times from the first one on. */
function timedFrames({ frames$, binary }: CameraSource & { readonly binary: FfmpegBinary }): Observable<VideoFrame> {
  const window = new BackpressureWindow(1);
  let first: number | null = null;
  let last = -1;
  let known: { readonly info: CameraInfo; readonly stream: FrameStream } | null = null;
  return frames$.pipe(
    latest(window, () => {}),
    map((newest): VideoFrame => {
      const { info, index, at, data }: CameraFrame = newest.take();
      if (known?.info !== info) known = { info, stream: streamOf(info, binary, window) };
      first ??= at;
      last = Math.max(last + 1, Math.round(at - first)); // times must increase
      const { width, height } = info;
      return { index, pts: last, scene: 0, width, height, depth: 8, data, stream: known.stream };
    }),
  );
}

const streamOf = (
  { pixelAspect, colour }: CameraInfo,
  binary: FfmpegBinary,
  window: BackpressureWindow,
): FrameStream => ({
  ...{ timeBase: TIME_BASE, pixelAspect, framesPerSecond: null, colour, binary, window, file: null },
});
