import type { RemasterError } from '../../../errors';
import type { LiveJob } from '../../../settings/liveJob';
import { toRgb } from '../../media/colour';
import { TEMPORAL_DENOISE } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { passthrough } from '../../media/passthrough';
import type { Ffmpeg } from '../../media/runFfmpeg';
import { frameSplitter } from '../../media/splitFrames';
import { connectError, disconnectedError, noFramesError } from './cameraErrors';
import type { CameraInfo } from './cameraProbe';
import { cameraExit, CONNECT_TIMEOUT, QUIT_GRACE } from './cameraProcess';
import { type FrameSize, SIZE_FILTERS, sizeOutputs, sizeReader } from './frameSizes';
import { FROM_KEY_FRAME, packetOutput, watchPackets } from './keyFrames';
import { openCamera } from './openCamera';
import { untilResized } from './untilResized';

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
  /** Packets come, but the first whole frame does not yet. */
  onJoining = (): void => {},
): Promise<RemasterError | FrameSize> {
  const { source, maxFps } = settings;
  await using decoder = await startDecoder(settings, binary, info, signal);
  let last = performance.now();
  let isFirst = true;
  let isStalled = false;
  let resized: FrameSize | null = null;
  const isDue = rateLimiter(maxFps);
  const frames = untilResized(
    info.sent,
    (data) => {
      if (isDue(performance.now())) onFrame(data);
    },
    (size) => {
      resized = size;
      void decoder.quit(QUIT_GRACE);
    },
  );
  decoder.pipes[0]!.setEncoding('utf8').on('data', sizeReader(frames.size));
  decoder.stdout.on(
    'data',
    frameSplitter(info.width * info.height * 3, (data) => {
      last = performance.now();
      isFirst = false;
      frames.frame(data);
    }),
  );
  const packets = watchPackets(decoder, () => !isFirst, onJoining);
  const watchdog = setInterval(() => {
    const limit = isFirst ? Math.max(CONNECT_TIMEOUT, source.stall) : source.stall;
    isStalled ||= performance.now() - last > limit * 1000 && !(isFirst && packets.mayStillJoin(source.stall));
    if (isStalled) void decoder.quit(QUIT_GRACE);
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
  { source, maxFps, temporalDenoise, hwaccel }: CameraSettings,
  binary: FfmpegBinary,
  { width, height, colour, isInterlaced }: CameraInfo,
  signal: AbortSignal,
): Promise<Ffmpeg> {
  const steps = [
    FROM_KEY_FRAME,
    ...(isInterlaced ? ['bwdif=mode=send_frame:parity=auto:deint=all'] : []),
    ...TEMPORAL_DENOISE[temporalDenoise],
  ];
  const graph = [
    // The sizes are read where every frame has just one: a filter in between could lose a frame when the size changes.
    `[0:v:0]${[...steps, 'split=3'].join(',')}[f][w][h]`,
    ...SIZE_FILTERS,
    `[f]scale=${width}:${height}:${toRgb(colour)},format=rgb24[frames]`,
  ];
  const args = (input: readonly string[]): string[] => [
    ...['-thread_type', 'slice'], // frame threads would delay the video by one frame each
    ...['-analyzeduration', '100000', '-fpsprobesize', '0'], // the format is known from the probe
    ...(hwaccel === 'auto' ? ['-hwaccel', 'auto'] : []),
    ...input,
    ...['-filter_complex', graph.join(';')],
    ...sizeOutputs(passthrough(binary)), // first: ffmpeg writes its outputs in this order, so that no frame waits for its size
    ...['-map', '[frames]', ...passthrough(binary), '-f', 'rawvideo', 'pipe:1'],
    ...packetOutput(source),
  ];
  return openCamera(binary, source, maxFps, args, signal);
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
