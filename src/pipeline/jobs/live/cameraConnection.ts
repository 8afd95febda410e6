import type { RemasterError } from '../../../errors';
import type { LiveJob } from '../../../settings/liveJob';
import { toRgb } from '../../media/colour';
import { TEMPORAL_DENOISE } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Ffmpeg } from '../../media/runFfmpeg';
import { frameSplitter } from '../../media/splitFrames';
import { connectError, disconnectedError, noFramesError } from './cameraErrors';
import { cameraInput } from './cameraInput';
import type { CameraInfo } from './cameraProbe';
import { cameraExit, CONNECT_TIMEOUT, QUIT_GRACE, startCamera } from './cameraProcess';

export type CameraSettings = Pick<
  LiveJob,
  'source' | 'maxFps' | 'maxHeight' | 'deinterlace' | 'temporalDenoise' | 'hwaccel'
>;

/**
 * Reads frames over one connection until it ends, and returns only after ffmpeg has exited: with the reason, or with
 * the new frame size if the camera changed it.
 */
export async function readCamera(
  settings: CameraSettings,
  binary: FfmpegBinary,
  info: CameraInfo,
  signal: AbortSignal,
  onFrame: (data: Uint8Array) => void,
): Promise<RemasterError | CameraInfo['sent']> {
  const { source, maxFps } = settings;
  await using decoder = await startDecoder(settings, binary, info);
  let last = performance.now();
  let isFirst = true;
  let isStalled = false;
  let resized: CameraInfo['sent'] | null = null;
  const isDue = rateLimiter(maxFps);
  decoder.stdout.on(
    'data',
    frameSplitter(info.width * info.height * 3, (data) => {
      last = performance.now();
      isFirst = false;
      if (isDue(last)) onFrame(data);
    }),
  );
  const watchdog = setInterval(() => {
    const limit = isFirst ? Math.max(CONNECT_TIMEOUT, source.stall) : source.stall;
    isStalled ||= performance.now() - last > limit * 1000;
    resized ??= newSize(decoder.stderrTail(), info);
    if (isStalled || resized) void decoder.quit(QUIT_GRACE);
  }, 200);
  try {
    await cameraExit(decoder, Infinity, signal);
  } finally {
    clearInterval(watchdog);
  }
  if (resized) return resized;
  if (isStalled) return noFramesError(source, source.stall);
  return isFirst ? connectError(source, decoder.stderrTail(), signal) : disconnectedError(source);
}

async function startDecoder(
  { source, temporalDenoise, hwaccel }: CameraSettings,
  binary: FfmpegBinary,
  { width, height, colour, isInterlaced }: CameraInfo,
): Promise<Ffmpeg> {
  const input = await cameraInput(binary, source.input);
  const filters = [
    ...(isInterlaced ? ['bwdif=mode=send_frame:parity=auto:deint=all'] : []),
    ...TEMPORAL_DENOISE[temporalDenoise],
    `scale=${width}:${height}:${toRgb(colour)}`, // explicit size: a change of resolution must not change the frame size
    'format=rgb24',
  ];
  return startCamera(
    binary,
    [
      ...['-loglevel', 'verbose', '-thread_type', 'slice'], // frame threads would delay the video by one frame each
      ...['-analyzeduration', '500000', '-fpsprobesize', '0'], // the format is known from the probe
      ...(hwaccel === 'auto' ? ['-hwaccel', 'auto'] : []),
      ...input.options,
      ...['-map', '0:v:0', '-an', '-vf', filters.join(',')],
      ...(binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']),
      ...['-f', 'rawvideo', 'pipe:1'],
    ],
    input,
  );
}

/**
 * The size in the latest line of the scale filter, which ffmpeg logs whenever it configures its filters. Null:
 * unchanged.
 */
function newSize(stderr: string, { sent }: CameraInfo): CameraInfo['sent'] | null {
  const last = [...stderr.matchAll(/\[Parsed_scale_\d+ @ [^\]]*\] w:(\d+) h:(\d+) fmt:.* -> w:/g)].at(-1);
  const [width, height] = [Number(last?.[1]), Number(last?.[2])];
  return last === undefined || (width === sent.width && height === sent.height) ? null : { width, height };
}

/** Says for each frame whether to keep it, so that at most `maxFps` per second remain, evenly spaced. */
function rateLimiter(maxFps: number | null): (now: number) => boolean {
  let next = -Infinity;
  return (now) => {
    if (maxFps === null) return true;
    const step = 1000 / maxFps;
    if (now < next - step / 4) return false;
    next = Math.max(next, now - step / 2) + step;
    return true;
  };
}
