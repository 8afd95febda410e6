import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../errors';
import type { AssembleJob, AssembleResult } from '../../../settings/assembleJob';
import type { ImageSource } from '../../../settings/imageJob';
import { resolveCodec } from '../../media/codecs';
import { resolveColour } from '../../media/colour';
import { createVideo, type Encoding, type FrameSink } from '../../media/encode';
import { type FfmpegBinary, ffmpegWarnings } from '../../media/findFfmpeg';
import type { Rational } from '../../media/frame';
import { frameRate } from '../../media/frameRate';
import { decodeImage, type DecodedImage } from '../../media/image/decodeImage';
import { letterbox } from '../../media/image/letterbox';
import { muxVideo } from '../../media/mux';
import { openOutputFolder, type OutputFolder } from '../outputFolder';

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
  const options = { overwrite: job.overwrite, resume: false, discard: false, ffmpeg: binary.version };
  const outputFolder = await openOutputFolder(job.output, {}, options, signal);
  const { folder } = outputFolder;
  const explained = async (error: unknown): Promise<never> => {
    throw await outputFolder.explain(error);
  };
  onTemporaryPath?.(folder, false);
  const warnings = new Set(ffmpegWarnings(binary));
  const pts: number[] = [];
  let open: OpenVideo | null = null;

  const begin = (decoded: DecodedImage, time: number | null): OpenVideo => {
    const { width, height, depth } = decoded;
    const codec = resolveCodec(binary, job, { output: job.output, width, height, depth, isRgb: true });
    const isTimed = job.fps === null && time !== null;
    const timeBase = isTimed ? { num: 1, den: TICK_RATE } : inverse(frameRate(job.fps ?? DEFAULT_RATE));
    const framesPerSecond = isTimed ? null : timeBase.den / timeBase.num;
    const colour = resolveColour(UNTAGGED, { width, height, pixels: { chroma: 'rgb', isFullRange: true } });
    const rest = { pixelAspect: { num: 1, den: 1 }, framesPerSecond };
    const encoding = { codec, colour, width, height, stored: { width, height }, depth, ...rest };
    const file = join(folder, 'frames.nut');
    return { encoding, timeBase, isTimed, file, sink: createVideo(binary, file, encoding, signal) };
  };

  return {
    async add(image, time) {
      const decoded = await decodeImage(image, job.maxPixels);
      open ??= begin(decoded, time);
      const { timeBase, isTimed, sink } = open;
      const { width, height, depth } = open.encoding;
      if (decoded.width !== width || decoded.height !== height)
        warnings.add(`Images of a different size were fitted into that of the first (${width}×${height}).`);
      const last = pts.at(-1) ?? -1;
      const due = isTimed ? ticks(time, timeBase, last) : pts.length;
      if (due <= last) throw notRising(time);
      await sink.write(await letterbox(decoded, { width, height, depth })).catch(explained);
      pts.push(due);
    },
    async finish() {
      if (!open) {
        throw new RemasterError('SOURCE_EMPTY', 'The video has no images.', {
          remedy: 'Send at least one image.',
        });
      }
      const { sink, file, timeBase, isTimed } = open;
      const { codec, colour, width, height } = open.encoding;
      await sink.finish().catch(explained);
      const whole = `whole.${codec.container}`;
      const first = pts[0]!;
      const relative = pts.map((tick) => tick - first);
      const end = relative.at(-1)! + (isTimed ? TICK_RATE / DEFAULT_RATE : 1);
      const times = { pts: relative, end, timeBase };
      await muxVideo(binary, { codec, colour, paths: [file], times }, join(folder, whole), signal).catch(explained);
      await outputFolder.assertWritable();
      const output = await outputFolder.publish(whole).catch(explained);
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
  readonly encoding: Encoding;
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

/** An image without a time follows at the default rate. */
const ticks = (time: number | null, { num, den }: Rational, last: number): number =>
  time === null ? last + Math.round(den / num / DEFAULT_RATE) : Math.round((time * den) / num);

const notRising = (time: number | null): RemasterError =>
  new RemasterError('BAD_SETTING', `An image at ${time} s arrived after a later one.`, {
    remedy: 'Send the images in order, or set the frame rate, which replaces their times.',
  });
