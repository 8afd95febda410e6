import { setTimeout as sleep } from 'node:timers/promises';
import { RemasterError } from '../../../errors';
import type { CameraState, LiveJob } from '../../../settings/liveJob';
import { type Colour, resolveColour, toRgb } from '../../media/colour';
import { TEMPORAL_DENOISE } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Rational } from '../../media/frame';
import { parseStreams, parseAspect, parseVideoFormat, parseRate } from '../../media/parseStreams';
import { type Ffmpeg, runFfmpeg } from '../../media/runFfmpeg';
import { frameSplitter } from '../../media/splitFrames';
import { noFramesError, disconnectedError, connectError } from './cameraErrors';
import { type InputOptions, cameraInput } from './cameraInput';

/** What the pictures of a camera are, as the model gets them. */
export interface CameraInfo {
  /** Pixels, after `maxHeight`. */
  readonly width: number;
  readonly height: number;
  /** As the camera says; null when it does not. */
  readonly fps: number | null;
  readonly pixelAspect: Rational;
  readonly colour: Colour;
  readonly isInterlaced: boolean;
  /** As the camera sends them. */
  readonly sent: { readonly width: number; readonly height: number };
}

/** What ffmpeg says of a camera. Plain JSON: who knows it already need not ask again. */
export interface CameraFacts extends Pick<CameraInfo, 'fps' | 'pixelAspect' | 'isInterlaced'> {
  readonly picture: ReturnType<typeof parseVideoFormat>;
}

/** One picture as it came: rgb24. */
export interface CameraFrame {
  readonly info: CameraInfo;
  /** Counts all that came, over all connections. */
  readonly index: number;
  /** `performance.now()` when its last byte was there. */
  readonly at: number;
  readonly data: Uint8Array;
}

export interface CameraEvents {
  readonly onState: (state: CameraState) => void;
  /** It sends this now. */
  readonly onFacts: (facts: CameraFacts) => void;
  /** Must not wait: whatever a camera sends is taken from it at once. */
  readonly onFrame: (picture: CameraFrame) => void;
}

type CameraSettings = Pick<LiveJob, 'source' | 'maxFps' | 'maxHeight' | 'deinterlace' | 'temporalDenoise' | 'hwaccel'>;

/** Seconds a camera may take from being called to its first picture. */
const ANSWER = 10;
/** Milliseconds of pictures after which a connection counts as a good one, and the waits begin from the shortest again. */
const STEADY = 5000;
/** Seconds between attempts with a password that was refused: more would lock the account. */
const REFUSED = 30;
/** Milliseconds a camera has for a farewell. */
const FAREWELL = 700;

/**
 * Takes pictures from a camera for ever: connects, watches, connects again. An ffmpeg that ends says nothing about a camera,
 * and one whose camera froze does not end; so only pictures count. Ends by the signal, or with an error that no camera can
 * mend (a wrong setting, no ffmpeg).
 */
export async function watchCamera(
  settings: CameraSettings,
  binary: FfmpegBinary,
  events: CameraEvents,
  signal: AbortSignal,
  /** What it sent the last time. If that has changed since, it is found out. */
  before: CameraFacts | null = null,
): Promise<never> {
  const { source } = settings;
  const wait = waits(source);
  let found = before;
  let info: CameraInfo | null = null;
  /** Times it was looked at without learning what it sends. */
  let vain = 0;
  let index = 0;
  for (let attempt = 1; ; attempt++) {
    events.onState({ is: 'connecting' });
    const started = performance.now();
    let pictures = 0;
    let lost: RemasterError;
    try {
      if (!found) events.onFacts((found = await probe(settings, binary, vain + 1, signal)));
      vain = 0;
      info ??= infoOf(found, settings.maxHeight);
      const known: CameraInfo = info;
      const ended = await play(settings, binary, known, signal, (data) => {
        if (pictures++ === 0) {
          const { width, height, fps } = known;
          events.onState({ is: 'running', width, height, fps });
        }
        events.onFrame({ info: known, index: index++, at: performance.now(), data });
      });
      // Pictures of another size: everything begins anew, and at once.
      if (!(ended instanceof RemasterError)) {
        events.onFacts((found = { ...found, picture: { ...found.picture, ...ended } }));
        info = null;
        attempt = 0;
        continue;
      }
      lost = ended;
    } catch (error) {
      signal.throwIfAborted();
      if (!isTheCamera(error)) throw error;
      lost = error;
    }
    if (pictures > 0 && performance.now() - started > STEADY) attempt = 1;
    // It answers, and sends nothing that fits what is known of it: it may have come back as another one.
    if (pictures === 0 && lost.code !== 'SOURCE_NOT_FOUND') {
      if (!found) vain++;
      found = null;
      info = null;
    }
    const seconds = wait(attempt, lost.code);
    const code = lost.code as 'NO_SIGNAL';
    events.onState({ is: 'waiting', attempt, seconds, code, message: lost.message });
    await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

const isTheCamera = (error: unknown): error is RemasterError =>
  error instanceof RemasterError &&
  ['NO_SIGNAL', 'AUTH_FAILED', 'SOURCE_NOT_FOUND', 'SOURCE_UNREADABLE'].includes(error.code);

/** Seconds before attempt 2, 3, …: doubled each time. */
const waits =
  ({ retryMin, retryMax }: LiveJob['source']) =>
  (attempt: number, code: RemasterError['code']): number =>
    code === 'AUTH_FAILED'
      ? Math.max(REFUSED, retryMax)
      : Math.min(Math.max(retryMin, retryMax), retryMin * 2 ** (attempt - 1));

/**
 * How long ffmpeg looks at a stream before it begins to decode. Many say what they are only with a key frame, so who has
 * looked in vain looks longer the next time (`attempt`); who knows already need not wait.
 */
const PLAY_LOOKS = ['-analyzeduration', '500000', '-fpsprobesize', '0'];

/** Asks ffmpeg what the camera sends. */
async function probe(
  { source, deinterlace }: CameraSettings,
  binary: FfmpegBinary,
  attempt: number,
  signal: AbortSignal,
): Promise<CameraFacts> {
  const input = await cameraInput(binary, source.input);
  const looks = ['-analyzeduration', String(Math.min(10, 1.5 * attempt) * 1e6)];
  await using asked = open(binary, ['-loglevel', 'info', ...looks, ...input.options], input);
  const limit = Math.max(ANSWER, source.stall) * 1000;
  const inTime = await settled(asked, limit, signal);
  const words = asked.stderrTail();
  const video = parseStreams(words).streams.find(({ info: { kind } }) => kind === 'video');
  if (!video) throw inTime ? connectError(source, words) : noFramesError(source, limit / 1000);
  const picture = parseVideoFormat(video.text);
  if (picture.width < 1 || picture.height < 1) throw noFramesError(source, limit / 1000);
  const isFlagged = /(top|bottom)( coded)? first/.test(video.text);
  return {
    picture,
    fps: parseRate(video.text),
    pixelAspect: parseAspect(video.text),
    isInterlaced: deinterlace === 'on' || (deinterlace === 'auto' && isFlagged),
  };
}

function infoOf({ picture, fps, pixelAspect, isInterlaced }: CameraFacts, maxHeight: number | null): CameraInfo {
  const sent = { width: picture.width, height: picture.height };
  return {
    ...reduced(sent, maxHeight),
    sent,
    fps,
    pixelAspect,
    isInterlaced,
    colour: resolveColour(picture.colour, picture),
  };
}

function reduced(sent: { width: number; height: number }, maxHeight: number | null) {
  if (maxHeight === null || sent.height <= maxHeight) return sent;
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  return { width: even((sent.width * maxHeight) / sent.height), height: even(maxHeight) };
}

/** Pictures until there are no more. Answers why, or with the new size if they have another one; and only after ffmpeg is gone. */
async function play(
  { source, maxFps, temporalDenoise, hwaccel }: CameraSettings,
  binary: FfmpegBinary,
  info: CameraInfo,
  signal: AbortSignal,
  onPicture: (data: Uint8Array) => void,
): Promise<RemasterError | CameraInfo['sent']> {
  const input = await cameraInput(binary, source.input);
  const { width, height } = info;
  const filters = [
    ...(info.isInterlaced ? ['bwdif=mode=send_frame:parity=auto:deint=all'] : []),
    ...TEMPORAL_DENOISE[temporalDenoise],
    `scale=${width}:${height}:${toRgb(info.colour)}`, // named size: a change of resolution must not change the frame size
    'format=rgb24',
  ];
  await using decoder = open(
    binary,
    [
      ...['-loglevel', 'verbose', '-thread_type', 'slice'], // frame threads would hold pictures back, one each
      ...PLAY_LOOKS,
      ...(hwaccel === 'auto' ? ['-hwaccel', 'auto'] : []),
      ...input.options,
      ...['-map', '0:v:0', '-an', '-vf', filters.join(',')],
      ...(binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']),
      ...['-f', 'rawvideo', 'pipe:1'],
    ],
    input,
  );
  let last = performance.now();
  let isFirst = true;
  let isSilent = false;
  let resized: CameraInfo['sent'] | null = null;
  const wanted = rate(maxFps);
  decoder.stdout.on(
    'data',
    frameSplitter(width * height * 3, (data) => {
      last = performance.now();
      isFirst = false;
      if (wanted(last)) onPicture(data);
    }),
  );
  const watch = setInterval(() => {
    const limit = isFirst ? Math.max(ANSWER, source.stall) : source.stall;
    isSilent ||= performance.now() - last > limit * 1000;
    resized ??= newSize(decoder.stderrTail(), info);
    if (isSilent || resized) void decoder.quit(FAREWELL);
  }, 200);
  try {
    await settled(decoder, Infinity, signal);
  } finally {
    clearInterval(watch);
  }
  if (resized) return resized;
  if (isSilent) return noFramesError(source, source.stall);
  return isFirst ? connectError(source, decoder.stderrTail()) : disconnectedError(source);
}

/** Starts ffmpeg on a camera; whoever started it ends it. */
function open(binary: FfmpegBinary, args: readonly string[], { script }: InputOptions): Ffmpeg {
  const camera = runFfmpeg(binary, args, new AbortController().signal);
  camera.stdin.end(script ?? '');
  return camera;
}

/** Waits for ffmpeg's end, however it ends. False when it had to be ended: by the time, or by the signal, which is thrown. */
async function settled(camera: Ffmpeg, limitMs: number, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  let inTime = true;
  const stop = (): void => void camera.quit(FAREWELL);
  const late = (): void => {
    inTime = false;
    stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  const timer = limitMs === Infinity ? undefined : setTimeout(late, limitMs);
  camera.stdout.resume();
  camera.fd3.resume();
  await camera.ended.catch(() => {}); // an exit code says nothing about a camera
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return inTime;
}

/** ffmpeg names the size of what comes whenever it sets its filters up. Null: it is as it was. */
function newSize(words: string, { sent }: CameraInfo): CameraInfo['sent'] | null {
  const last = [...words.matchAll(/\[Parsed_scale_\d+ @ [^\]]*\] w:(\d+) h:(\d+) fmt:.* -> w:/g)].at(-1);
  const [width, height] = [Number(last?.[1]), Number(last?.[2])];
  return last === undefined || (width === sent.width && height === sent.height) ? null : { width, height };
}

/** Leaves pictures out so that at most `maxFps` a second remain, evenly. */
function rate(maxFps: number | null): (now: number) => boolean {
  let next = -Infinity;
  return (now) => {
    if (maxFps === null) return true;
    const step = 1000 / maxFps;
    if (now < next - step / 4) return false;
    next = Math.max(next, now - step / 2) + step;
    return true;
  };
}
