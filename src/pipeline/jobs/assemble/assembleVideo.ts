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

/**
 * A video made from single images. It gets its file name only when it is complete; disposed before that, all its files
 * are deleted.
 */
export interface VideoAssembly extends AsyncDisposable {
  /** Resolves when the encoder is ready for more. `time` in increasing seconds; null when the image has none. */
  add(image: ImageSource, time: number | null): Promise<void>;
  finish(): Promise<AssembleResult>;
}

/** The services the job uses. */
export interface AssembleTools {
  readonly binary: FfmpegBinary;
  readonly onTemporaryPath?: (path: string, gone: boolean) => void;
}

/** Images per second by default. */
const DEFAULT_RATE = 25;
/** Ticks per second for images with times: a multiple of all common frame rates. */
const TICK_RATE = 90_000;

export async function assembleVideo(
  job: AssembleJob,
  { binary, onTemporaryPath }: AssembleTools,
  signal: AbortSignal,
): Promise<VideoAssembly> {
  const started = performance.now();
  const outputFolder = await openOutputFolder(job.output, '', { overwrite: job.overwrite, resume: false });
  const folder = workFolder(job.output);
  onTemporaryPath?.(folder, false);
  const warnings = new Set<string>();
  const pts: number[] = [];
  let open: OpenVideo | null = null;

  const begin = (decoded: DecodedImage, time: number | null): OpenVideo => {
    const { width, height, depth } = decoded;
    const codec = resolveCodec(binary, job, { output: job.output, width, height, depth, isRgb: true });
    const isTimed = job.fps === null && time !== null;
    const timeBase = isTimed ? { num: 1, den: TICK_RATE } : inverse(rateOf(job.fps ?? DEFAULT_RATE));
    const framesPerSecond = isTimed ? null : timeBase.den / timeBase.num;
    const colour = resolveColour(UNTAGGED, { width, height, isRgb: true, isFullRange: true });
    const rest = { pixelAspect: { num: 1, den: 1 }, timeBase, framesPerSecond };
    const encoding = { codec, colour, width, height, stored: { width, height }, depth, ...rest };
    const file = join(folder, `frames.${codec.segment}`);
    return { width, height, depth, codec, timeBase, isTimed, file, sink: createVideo(binary, file, encoding, signal) };
  };

  return {
    async add(image, time) {
      const decoded = await decodeImage(image, job.maxPixels);
      open ??= begin(decoded, time);
      const { width, height, depth, timeBase, isTimed, sink } = open;
      if (decoded.width !== width || decoded.height !== height)
        warnings.add(`Images of a different size were fitted into that of the first (${width}×${height}).`);
      const last = pts.at(-1) ?? -1;
      const due = isTimed ? ticks(time, timeBase, last) : pts.length;
      if (due <= last) throw notRising(time);
      await sink
        .write({ pts: due, data: await letterbox(decoded, { width, height, depth }) })
        .catch(outputError(job.output));
      pts.push(due);
    },
    async finish() {
      if (!open) {
        throw new RemasterError('SOURCE_EMPTY', 'The video has no images.', {
          remedy: 'Send at least one image.',
        });
      }
      const { sink, file, codec, timeBase, width, height } = open;
      await sink.finish().catch(outputError(job.output));
      const whole = `whole.${codec.container}`;
      await remux(binary, file, join(folder, whole), codec, timeBase, signal);
      const first = pts[0]!;
      const times = { pts: pts.map((tick) => tick - first), timeBase, from: 0 };
      await verify(binary, join(folder, whole), times, signal);
      const output = await outputFolder.publish(whole).catch(outputError(job.output));
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
      await open?.sink[Symbol.asyncDispose]();
      await discard(outputFolder);
      onTemporaryPath?.(folder, true);
    },
  };
}

interface OpenVideo {
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 16;
  readonly codec: Codec;
  readonly timeBase: Rational;
  /** Images have times of their own. */
  readonly isTimed: boolean;
  readonly file: string;
  readonly sink: FrameSink;
}

const UNTAGGED = { matrix: null, primaries: null, transfer: null, range: null };

/** Ignores its own errors: an earlier error is the one to report. */
const discard = (folder: OutputFolder): Promise<void> => folder.close({ keepSegments: false }).catch(() => {});

const inverse = ({ num, den }: Rational): Rational => ({ num: den, den: num });

/** 29.97 means 30000/1001, and so on. */
function rateOf(fps: number): Rational {
  const ntsc = Math.round(fps * 1.001);
  if (Math.abs((ntsc * 1000) / 1001 - fps) < 0.002) return { num: ntsc * 1000, den: 1001 };
  return { num: Math.round(fps * 1000), den: 1000 };
}

/** An image without a time follows at the default rate. */
const ticks = (time: number | null, { num, den }: Rational, last: number): number =>
  time === null ? last + Math.round(den / num / DEFAULT_RATE) : Math.round((time * den) / num);

const notRising = (time: number | null): RemasterError =>
  new RemasterError('BAD_SETTING', `An image at ${time} s arrived after a later one.`, {
    remedy: 'Send the images in order, or set the frame rate, which replaces their times.',
  });

const outputError =
  (output: string) =>
  (error: unknown): never => {
    throw unwritable(output, error);
  };

/** Copies the encoded video into the container of the output. */
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
