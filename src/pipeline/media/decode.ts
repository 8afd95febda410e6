import { RemasterError } from '../../errors';
import type { Job } from '../../settings/restoreJob';
import { type Colour, toRgb } from './colour';
import type { FfmpegBinary } from './findFfmpeg';
import type { Frame } from './frame';
import type { VideoInfo } from './probe';
import { type Ffmpeg, runFfmpeg } from './runFfmpeg';
import { sceneCuts } from './sceneCuts';
import { inputOptions, unreadable } from './sourceFile';
import { splitFrames } from './splitFrames';

export interface DecodeOptions {
  readonly colour: Colour;
  readonly depth: 8 | 16;
  readonly deinterlace: boolean;
  readonly temporalDenoise: Job['temporalDenoise'];
  readonly hwaccel: Job['hwaccel'];
  /** Frames come with the first picture of their shot. Default false. */
  readonly withShotFirstFrame?: boolean;
  /** Seconds into the file where decoding may begin; frames before it are not given. */
  readonly from: number;
}

/** Frames in order, each with its time. Reading is pulling: nothing is decoded far ahead of whoever reads. */
export interface FrameSource extends AsyncDisposable {
  /** Once. */
  read(): AsyncGenerator<Frame>;
  /** What ffmpeg had to say about damage; empty when the file is sound. */
  stderrTail(): string;
}

export function openVideo(
  binary: FfmpegBinary,
  info: VideoInfo,
  options: DecodeOptions,
  signal: AbortSignal,
): FrameSource {
  const { width, height } = info;
  const passthrough = binary.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']; // every frame once: none doubled, none dropped
  const graph = [
    `[0:${info.stream}]split[t][f]`,
    '[t]scale=2:2:flags=neighbor,format=gray[times]', // only its time is wanted
    [
      ...(options.deinterlace ? ['[f]bwdif=mode=send_frame:parity=auto:deint=all'] : ['[f]null']),
      ...TEMPORAL_DENOISE[options.temporalDenoise],
      `scale=${width}:${height}:${toRgb(options.colour)}`, // named size: a change of resolution must not change the frame size
      `format=${PIXELS[options.depth]}[frames]`,
    ].join(','),
  ];
  const args = [
    ...['-copyts', '-start_at_zero'], // times count from the start of the file also after a seek
    ...(options.from > 0 ? ['-ss', options.from.toFixed(6)] : []),
    ...(options.hwaccel === 'auto' ? ['-hwaccel', 'auto'] : []),
    ...inputOptions(info.source),
    ...['-filter_complex', graph.join(';')],
    // Times come first: ffmpeg writes its outputs in this order, so a frame never has to wait for a time behind it.
    ...['-map', '[times]', ...passthrough, '-enc_time_base', `${info.timeBase.num}/${info.timeBase.den}`],
    ...['-c:v', 'rawvideo', '-flush_packets', '1', '-f', 'framecrc', 'pipe:3'],
    ...['-map', '[frames]', ...passthrough, '-f', 'rawvideo', '-pix_fmt', PIXELS[options.depth], 'pipe:1'],
  ];
  let decoder: Ffmpeg | undefined;
  return {
    async *read() {
      // Not before somebody reads: Node throws away what a process has written when it ends before that.
      decoder = runFfmpeg(binary, args, signal);
      yield* frames(decoder, info, options);
    },
    stderrTail: () => decoder?.stderrTail() ?? '',
    [Symbol.asyncDispose]: async () => decoder?.[Symbol.asyncDispose](),
  };
}

/** Of `around` frames; a neighbour counts while it differs less than `one`, and all of them less than `sum`. */
function averaged(around: number, one: number, sum: number): string {
  const planes = [0, 1, 2].map((plane) => `${plane}a=${one}:${plane}b=${sum}`);
  return `atadenoise=s=${around}:${planes.join(':')}`;
}

/**
 * Averages each pixel with the same place in the frames around it, out to where the picture changes: noise, which makes
 * a model invent another texture in every frame, goes, and what moves stays. It sees a few frames of the source each
 * way and keeps no memory, so a resumed job makes the same pictures.
 */
export const TEMPORAL_DENOISE: Readonly<Record<Job['temporalDenoise'], readonly string[]>> = {
  off: [],
  low: [averaged(5, 0.04, 0.12)],
  high: [averaged(9, 0.08, 0.4)],
};

const PIXELS = { 8: 'rgb24', 16: 'rgb48le' } as const;

async function* frames(
  decoder: Ffmpeg,
  info: VideoInfo,
  { depth, withShotFirstFrame }: Pick<DecodeOptions, 'depth' | 'withShotFirstFrame'>,
): AsyncGenerator<Frame> {
  const times = frameTimes(decoder);
  const sceneOf = sceneCuts();
  const { width, height } = info;
  let index = 0;
  let last = -Infinity;
  let first: Frame['shotFirstFrame'];
  let untimed = false;
  for await (const data of splitFrames(decoder.stdout, width * height * 3 * (depth / 8))) {
    const said = await times.next();
    // A decoder that is killed may have written a frame and not its time: then how it ended is what went wrong.
    untimed = said === undefined;
    if (said === undefined) break;
    // Times must rise for any container to hold them; a file with equal or missing times gets the next free tick.
    const pts = Math.max(said ?? nextTick(last, info), last + 1);
    last = pts;
    const picture = { pts, width, height, depth, data };
    const scene = sceneOf(picture);
    if (scene === pts) first = picture;
    yield { ...picture, index: index++, scene, ...(withShotFirstFrame && first && { shotFirstFrame: first }) };
  }
  await decoder.ended.catch((error: unknown) => {
    const isFailure = error instanceof RemasterError && error.code === 'ENCODE_FAILED'; // as ffmpeg's ends are called
    throw isFailure
      ? unreadable(info.source.path, `decoding stopped after frame ${index}`, error, undefined, error.detail)
      : error;
  });
  if (untimed) throw new RemasterError('INTERNAL', `ffmpeg gave frame ${index} without its time.`);
}

const nextTick = (last: number, { framesPerSecond, timeBase }: VideoInfo): number =>
  last === -Infinity ? 0 : last + Math.max(1, Math.round(timeBase.den / timeBase.num / (framesPerSecond ?? 25)));

/** The times on the side channel, `stream, dts, pts, …` one a frame, in ticks; null = the frame has none; undefined = no more. */
function frameTimes(decoder: Ffmpeg): { next(): Promise<number | null | undefined> } {
  const known: (number | null)[] = []; // bounded: ffmpeg stands still while its stdout is not read
  let rest = '';
  let ended = false;
  let wake = (): void => {};
  decoder.fd3.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const found = /^0, *\S+, *([^,\s]+),/.exec(line);
      if (found) known.push(Number.isFinite(Number(found[1])) ? Number(found[1]) : null);
    }
    wake();
  });
  for (const event of ['end', 'close']) {
    decoder.fd3.once(event, () => {
      ended = true;
      wake();
    });
  }
  return {
    async next() {
      while (known.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      return known.shift();
    },
  };
}
