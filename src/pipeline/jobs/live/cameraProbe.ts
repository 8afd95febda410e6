import type { LiveJob } from '../../../settings/liveJob';
import { type Colour, type ColourTags, resolveColour } from '../../media/colour';
import { parseListing } from '../../media/describe/listing';
import { readMatroskaVideo } from '../../media/describe/matroskaVideo';
import { collect } from '../../media/ffmpegOutput';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Rational } from '../../media/frame';
import { limitHeight } from '../../media/resize';
import { connectError, noFramesError, soundOnlyError } from './cameraErrors';
import { cameraExit, CONNECT_TIMEOUT, QUIT_GRACE } from './cameraProcess';
import { packetOutput, watchPackets } from './keyFrames';
import { openCamera } from './openCamera';
import { sendsSoundOnly } from './soundOnly';

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

/** Seconds. MPEG-TS is always analyzed for so long; until its first key frame comes, ffmpeg goes on. */
const FIRST_ANALYSIS = 0.5;
/** Seconds: longer than from one key frame to the next. */
const LONGEST_ANALYSIS = 40;

/**
 * Decodes the first frame of a camera. Many cameras announce their format only with a key frame, so every further
 * `attempt` analyzes a longer part of the stream.
 */
export async function probeCamera(
  { source, deinterlace }: Pick<LiveJob, 'source' | 'deinterlace'>,
  binary: FfmpegBinary,
  attempt: number,
  signal: AbortSignal,
  /** Packets come, but no frame can be decoded yet. */
  onJoining = (): void => {},
): Promise<CameraFacts> {
  const seconds = Math.min(LONGEST_ANALYSIS, FIRST_ANALYSIS * 3 ** (attempt - 1));
  // Two frames tell the nominal rate: without the limit, ffmpeg counts twenty, more than a second of most cameras.
  const analyze = ['-analyzeduration', String(seconds * 1e6), '-fpsprobesize', '2'];
  const args = (input: readonly string[]): string[] => [
    ...[...analyze, ...input],
    ...['-map', '0:v:0', '-frames:v', '1', '-f', 'framecrc', 'pipe:3'],
    ...(source.input.kind === 'pattern' ? [] : HEADER), // frames of ffmpeg's own are no stream that Matroska holds
    ...packetOutput(source),
  ];
  await using camera = await openCamera(binary, source, null, args, signal);
  const output = Promise.all([collect(camera.pipes[0]!), collect(camera.stdout)]);
  let [hasFrame, hasHeader] = [false, false];
  // The list of packets has no end: ffmpeg is asked to stop once it has told the rest.
  const stopWhenTold = (): void => {
    if (hasFrame && hasHeader && source.input.kind === 'address') void camera.quit(QUIT_GRACE);
  };
  camera.pipes[0]!.on('data', (text: Buffer) => {
    hasFrame ||= text.includes('#sar'); // its last line is written when the first frame is decoded
    stopWhenTold();
  });
  camera.stdout.on('data', () => {
    hasHeader = true;
    stopWhenTold();
  });
  const packets = watchPackets(camera, () => hasFrame, onJoining);
  const limit = Math.max(CONNECT_TIMEOUT, source.stall, seconds + 2);
  const inTime = await cameraExit(camera, limit * 1000, signal, () => packets.mayStillJoin(source.stall));
  const [list, header] = await output;
  const [frame] = parseListing(list.toString());
  if (!frame?.size && !inTime) throw noFramesError(source, limit);
  if (!frame?.size) {
    const error = await connectError(source, camera.stderrTail(), signal);
    const isUnexplained = error.code === 'SOURCE_UNREADABLE' && source.input.kind === 'address';
    throw isUnexplained && (await sendsSoundOnly(source, binary, signal)) ? soundOnlyError(source) : error;
  }
  const said = readMatroskaVideo(header);
  return {
    format: { ...frame.size, colour: said?.colour ?? UNTAGGED },
    fps: camera.hasRate ? rateOf(frame.timeBase) : null,
    pixelAspect: frame.pixelAspect ?? { num: 1, den: 1 },
    isInterlaced: deinterlace === 'on' || (deinterlace === 'auto' && said?.isInterlaced === true),
  };
}

/** Copies a packet: the header says what the camera tells about its video. Uncompressed R′G′B′ needs the old way. */
const HEADER = [
  ...['-map', '0:v:0', '-frames:v', '1', '-c', 'copy', '-allow_raw_vfw', '1'],
  ...['-flush_packets', '1', '-f', 'matroska', 'pipe:1'],
];

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
