import type { LiveJob } from '../../../settings/liveJob';
import { type Colour, resolveColour } from '../../media/colour';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Rational } from '../../media/frame';
import { parseAspect, parseRate, parseStreams, parseVideoFormat } from '../../media/parseStreams';
import { connectError, noFramesError } from './cameraErrors';
import { cameraInput } from './cameraInput';
import { cameraExit, CONNECT_TIMEOUT, startCamera } from './cameraProcess';

/** The video of a camera as ffmpeg describes it. Plain JSON, so that another engine need not probe the camera again. */
export interface CameraFacts extends Pick<CameraInfo, 'fps' | 'pixelAspect' | 'isInterlaced'> {
  readonly format: ReturnType<typeof parseVideoFormat>;
}

/** The frames of a camera as the model gets them. */
export interface CameraInfo {
  /** Pixels, after `maxHeight`. */
  readonly width: number;
  readonly height: number;
  /** As announced by the camera; null when it announces none. */
  readonly fps: number | null;
  readonly pixelAspect: Rational;
  readonly colour: Colour;
  readonly isInterlaced: boolean;
  /** Size before `maxHeight`. */
  readonly sent: { readonly width: number; readonly height: number };
}

/**
 * Asks ffmpeg what the camera sends. Many cameras announce their format only with a key frame, so every further
 * `attempt` analyzes a longer part of the stream.
 */
export async function probeCamera(
  { source, deinterlace }: Pick<LiveJob, 'source' | 'deinterlace'>,
  binary: FfmpegBinary,
  attempt: number,
  signal: AbortSignal,
): Promise<CameraFacts> {
  const input = await cameraInput(binary, source.input);
  const analyze = ['-analyzeduration', String(Math.min(10, 1.5 * attempt) * 1e6)];
  await using camera = startCamera(binary, ['-loglevel', 'info', ...analyze, ...input.options], input);
  const limit = Math.max(CONNECT_TIMEOUT, source.stall) * 1000;
  const inTime = await cameraExit(camera, limit, signal);
  const stderr = camera.stderrTail();
  const video = parseStreams(stderr).streams.find(({ info: { kind } }) => kind === 'video');
  if (!video) throw inTime ? connectError(source, stderr) : noFramesError(source, limit / 1000);
  const format = parseVideoFormat(video.text);
  if (format.width < 1 || format.height < 1) throw noFramesError(source, limit / 1000);
  const isFlagged = /(top|bottom)( coded)? first/.test(video.text);
  return {
    format,
    fps: parseRate(video.text),
    pixelAspect: parseAspect(video.text),
    isInterlaced: deinterlace === 'on' || (deinterlace === 'auto' && isFlagged),
  };
}

export function cameraInfo(
  { format, fps, pixelAspect, isInterlaced }: CameraFacts,
  maxHeight: number | null,
): CameraInfo {
  const sent = { width: format.width, height: format.height };
  return {
    ...limitHeight(sent, maxHeight),
    sent,
    fps,
    pixelAspect,
    isInterlaced,
    colour: resolveColour(format.colour, format),
  };
}

function limitHeight(sent: CameraInfo['sent'], maxHeight: number | null): CameraInfo['sent'] {
  if (maxHeight === null || sent.height <= maxHeight) return sent;
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  return { width: even((sent.width * maxHeight) / sent.height), height: even(maxHeight) };
}
