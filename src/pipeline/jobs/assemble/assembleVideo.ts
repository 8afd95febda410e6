import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../errors';
import type { AssembleJob, AssembleResult } from '../../../settings/assembleJob';
import type { ImageSource } from '../../../settings/imageJob';
import { type Codec, resolveCodec } from '../../media/codecs';
import { resolveColour } from '../../media/colour';
import { createVideo, type FrameSink, timescale } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Rational } from '../../media/frame';
import { decodeImage, type DecodedImage } from '../../media/image/decodeImage';
import { letterbox } from '../../media/image/letterbox';
import { FORMAT, verify } from '../../media/mux';
import { runFfmpeg } from '../../media/runFfmpeg';
import { openOutputFolder, unwritable, type OutputFolder, workFolder } from '../outputFolder';

/** A film that grows picture by picture, and has its name only when it is whole. Disposed before that, nothing is left of it. */
export interface VideoAssembly extends AsyncDisposable {
  /** Settles when the encoder is ready for more. `time` in seconds, rising; null when the picture does not say. */
  add(picture: ImageSource, time: number | null): Promise<void>;
  finish(): Promise<AssembleResult>;
}

/** What the film needs from outside. */
export interface AssembleTools {
  readonly binary: FfmpegBinary;
  readonly onTemporaryPath?: (path: string, gone: boolean) => void;
}

/** Pictures per second when nobody says. */
const USUAL_RATE = 25;
/** Ticks of a second in which pictures say their times: a multiple of every usual rate. */
const CLOCK = 90_000;

export async function assembleVideo(
  job: AssembleJob,
  { binary, onTemporaryPath }: AssembleTools,
  signal: AbortSignal,
): Promise<VideoAssembly> {
  const started = performance.now();
  const place = await openOutputFolder(job.output, '', { overwrite: job.overwrite, resume: false });
  const folder = workFolder(job.output);
  onTemporaryPath?.(folder, false);
  const warnings = new Set<string>();
  const pts: number[] = [];
  let opened: Opened | null = null;

  const begin = (still: DecodedImage, time: number | null): Opened => {
    const { width, height, depth } = still;
    const codec = resolveCodec(binary, job, { output: job.output, width, height, depth, isRgb: true });
    const isTimed = job.fps === null && time !== null;
    const timeBase = isTimed ? { num: 1, den: CLOCK } : inverse(rateOf(job.fps ?? USUAL_RATE));
    const framesPerSecond = isTimed ? null : timeBase.den / timeBase.num;
    const colour = resolveColour(UNTAGGED, { width, height, isRgb: true, isFullRange: true });
    const rest = { pixelAspect: { num: 1, den: 1 }, timeBase, framesPerSecond };
    const encoding = { codec, colour, width, height, stored: { width, height }, depth, ...rest };
    const file = join(folder, `pictures.${codec.segment}`);
    return { width, height, depth, codec, timeBase, isTimed, file, sink: createVideo(binary, file, encoding, signal) };
  };

  return {
    async add(picture, time) {
      const still = await decodeImage(picture, job.maxPixels);
      opened ??= begin(still, time);
      const { width, height, depth, timeBase, isTimed, sink } = opened;
      if (still.width !== width || still.height !== height)
        warnings.add(`Pictures of another size than the first (${width}×${height}) were fitted into it.`);
      const last = pts.at(-1) ?? -1;
      const due = isTimed ? ticks(time, timeBase, last) : pts.length;
      if (due <= last) throw notRising(time);
      await sink.write({ pts: due, data: await letterbox(still, { width, height, depth }) }).catch(explain(job.output));
      pts.push(due);
    },
    async finish() {
      if (!opened) {
        throw new RemasterError('SOURCE_EMPTY', 'No picture came, so there is no video.', {
          remedy: 'Send at least one.',
        });
      }
      const { sink, file, codec, timeBase, width, height } = opened;
      await sink.finish().catch(explain(job.output));
      const whole = `whole.${codec.container}`;
      await remux(binary, file, join(folder, whole), codec, timeBase, signal);
      const first = pts[0]!;
      const times = { pts: pts.map((tick) => tick - first), timeBase, from: 0 };
      await verify(binary, join(folder, whole), times, signal);
      const output = await place.publish(whole).catch(explain(job.output));
      const elapsed = (performance.now() - started) / 1000;
      return {
        output,
        frames: pts.length,
        width,
        height,
        elapsed,
        bytes: (await stat(output)).size,
        warnings: [...warnings],
      };
    },
    async [Symbol.asyncDispose]() {
      await opened?.sink[Symbol.asyncDispose]();
      await leave(place);
      onTemporaryPath?.(folder, true);
    },
  };
}

interface Opened {
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 16;
  readonly codec: Codec;
  readonly timeBase: Rational;
  /** Pictures say their times. */
  readonly isTimed: boolean;
  readonly file: string;
  readonly sink: FrameSink;
}

const UNTAGGED = { matrix: null, primaries: null, transfer: null, range: null };

const leave = (place: OutputFolder): Promise<void> => place.close(false).catch(() => {}); // what brought us here is the news

const inverse = ({ num, den }: Rational): Rational => ({ num: den, den: num });

/** 29.97 means 30000/1001, and so on. */
function rateOf(fps: number): Rational {
  const ntsc = Math.round(fps * 1.001);
  if (Math.abs((ntsc * 1000) / 1001 - fps) < 0.002) return { num: ntsc * 1000, den: 1001 };
  return { num: Math.round(fps * 1000), den: 1000 };
}

/** A picture without a time among others that have one follows at the usual rate. */
const ticks = (time: number | null, { num, den }: Rational, last: number): number =>
  time === null ? last + Math.round(den / num / USUAL_RATE) : Math.round((time * den) / num);

const notRising = (time: number | null): RemasterError =>
  new RemasterError('BAD_SETTING', `A picture at ${time} s came after a later one.`, {
    remedy: 'Send pictures in order, or set the pictures per second, and their times do not count.',
  });

const explain =
  (output: string) =>
  (error: unknown): never => {
    throw unwritable(output, error);
  };

/** The encoded pictures in the container that was asked for, untouched. */
async function remux(
  binary: FfmpegBinary,
  from: string,
  to: string,
  codec: Codec,
  timeBase: Rational,
  signal: AbortSignal,
): Promise<void> {
  await using muxer = runFfmpeg(
    binary,
    [
      ...['-protocol_whitelist', 'file,pipe', '-i', `file:${from}`, '-map', '0:v:0', '-c', 'copy'],
      ...(codec.name === 'h265' && codec.container !== 'mkv' ? ['-tag:v', 'hvc1'] : []),
      ...timescale(codec.container, timeBase),
      ...['-f', FORMAT[codec.container], '-strict', '-2', '-y', `file:${to}`],
    ],
    signal,
  );
  muxer.stdout.resume();
  await muxer.ended;
}
