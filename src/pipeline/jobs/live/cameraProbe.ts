import type { LiveJob } from '../../../settings/liveJob';
import { type Colour, type ColourTags, resolveColour } from '../../media/colour';
import { parseListing } from '../../media/describe/listing';
import { readMatroskaVideo } from '../../media/describe/matroskaVideo';
import { collect } from '../../media/ffmpegOutput';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Rational } from '../../media/frame';
import { connectError, noFramesError } from './cameraErrors';
import { cameraExit, CONNECT_TIMEOUT } from './cameraProcess';
import { openCamera } from './openCamera';

/** The video of a camera as ffmpeg decodes it. Plain JSON, so that another engine need not probe the camera again. */
export interface CameraFacts extends Pick<CameraInfo, 'fps' | 'pixelAspect' | 'isInterlaced'> {
  readonly format: { readonly width: number; readonly height: number; readonly colour: ColourTags };
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
 * Decodes the first frame of a camera. Many cameras announce their format only with a key frame, so every further
 * `attempt` analyzes a longer part of the stream.
 */
export async function probeCamera(
  { source, deinterlace }: Pick<LiveJob, 'source' | 'deinterlace'>,
  binary: FfmpegBinary,
  attempt: number,
  signal: AbortSignal,
): Promise<CameraFacts> {
  const analyze = ['-analyzeduration', String(Math.min(10, 1.5 * attempt) * 1e6)];
  const args = (input: readonly string[]): string[] => [
    ...[...analyze, ...input],
    ...['-map', '0:v:0', '-frames:v', '1', '-f', 'framecrc', 'pipe:3'],
    ...(source.input.kind === 'pattern' ? [] : HEADER), // frames of ffmpeg's own are no stream that Matroska holds
  ];
  await using camera = await openCamera(binary, source, null, args, signal);
  const output = Promise.all([collect(camera.pipes[0]!), collect(camera.stdout)]);
  const limit = Math.max(CONNECT_TIMEOUT, source.stall) * 1000;
  const inTime = await cameraExit(camera, limit, signal);
  const [list, header] = await output;
  const [frame] = parseListing(list.toString());
  if (!frame?.size && !inTime) throw noFramesError(source, limit / 1000);
  if (!frame?.size) throw await connectError(source, camera.stderrTail(), signal);
  const said = readMatroskaVideo(header);
  return {
    format: { ...frame.size, colour: said?.colour ?? UNTAGGED },
    fps: camera.hasRate ? rateOf(frame.timeBase) : null,
    pixelAspect: frame.pixelAspect ?? { num: 1, den: 1 },
    isInterlaced: deinterlace === 'on' || (deinterlace === 'auto' && said?.isInterlaced === true),
  };
}

/** Copies a packet: the header says what the camera tells about its video. Uncompressed R′G′B′ needs the old way. */
const HEADER = ['-map', '0:v:0', '-frames:v', '1', '-c', 'copy', '-allow_raw_vfw', '1', '-f', 'matroska', 'pipe:1'];

const UNTAGGED: ColourTags = { matrix: null, primaries: null, transfer: null, range: null };

/** The nominal rate: ffmpeg counts decoded frames. Null for a clock that is finer than any rate. */
function rateOf({ num, den }: Rational): number | null {
  const rate = den / num;
  return rate <= 1000 ? rate : null;
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
    colour: resolveColour(format.colour, { ...sent, pixels: { chroma: '4:2:0', isFullRange: false } }),
  };
}

function limitHeight(sent: CameraInfo['sent'], maxHeight: number | null): CameraInfo['sent'] {
  if (maxHeight === null || sent.height <= maxHeight) return sent;
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  return { width: even((sent.width * maxHeight) / sent.height), height: even(maxHeight) };
}
