import { BackpressureWindow } from '../../../async/backpressure';
import { RemasterError } from '../../../errors';
import type { FrameImage, FramesJob } from '../../../settings/framesJob';
import { JOB_DEFAULTS } from '../../../settings/restoreJob';
import { withModel } from '../../frames/autoModel';
import type { InpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { frameMasker } from '../../frames/inpaint/maskFrames';
import { wantedScale } from '../../frames/modelRequest';
import { openModelFor, type ProcessorTools } from '../../frames/processor';
import { suspicionWarnings } from '../../frames/suspicion';
import { resolveColour } from '../../media/colour';
import { openVideo } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import { NO_METADATA } from '../../media/image/decodeImage';
import { encodeImage } from '../../media/image/encodeImage';
import { requireWhole } from '../../media/imageSequence';
import { probe } from '../../media/probe';
import { readAs } from '../../media/reading';
import { scaledSize } from '../../media/resize';
import { videoTraits } from '../../media/traits/videoTraits';
import { readingStart } from '../../media/trim';
import { iterate } from '../../operators/iterate';
import { limitFrameRate } from '../../operators/limitFrameRate';
import { mapInOrder } from '../../operators/mapInOrder';
import { markMask } from '../../operators/markMask';
import { pullFrames } from '../../operators/pullFrames';
import { selectFrames } from '../../operators/selectFrames';
import { trimFrames } from '../../operators/trimFrames';
import { assertReadToEnd, complaintsSince } from './sourceWarnings';

/** The services the job uses. */
export interface FrameTools extends ProcessorTools {
  readonly binary: FfmpegBinary;
}

/** JPEG and WebP store 8 bits. */
const DEPTH = 8;

/**
 * Extracts frames of a video as images, in order. Pull-based: an image is created when it is requested, and ffmpeg
 * pauses in between. Only the selected frames go through the model.
 */
export async function* extractFrames(
  given: FramesJob,
  tools: FrameTools,
  signal: AbortSignal,
): AsyncGenerator<FrameImage> {
  const sourceInfo = await probe(tools.binary, given.input, signal, given.sequenceRate);
  const { path, sequence } = sourceInfo.source;
  if (sequence !== null) requireWhole(path, sequence);
  const info = await readAs(tools.binary, sourceInfo, given, signal);
  const describe = () => videoTraits(tools.binary, sourceInfo, info, given.trim, signal);
  const job = given.isUpscaled ? (await withModel(given, tools, describe)).settings : given;
  const { timeBase } = info;
  const openMask = (inpaint: InpaintSettings) => frameMasker(tools.binary, inpaint, info, job.sequenceRate, signal);
  await using opened = job.isUpscaled
    ? await openModelFor(job, { ...info, depth: DEPTH }, tools, openMask, signal)
    : null;
  signal.throwIfAborted();
  const warnings: string[] = [...(info.reading?.notes ?? []), ...(opened ? suspicionWarnings(opened.model.info) : [])];
  const warn = (warning: string): void => void warnings.push(warning);
  const processor = opened?.processor({ ...job, segment: JOB_DEFAULTS.segment }, warn);
  const scale = opened && wantedScale(job, opened.model);
  const from = await readingStart(info.source, job.trim, signal);
  const { hwaccel } = job;
  const temporalDenoise = job.isUpscaled ? job.temporalDenoise : 'off';
  const decoding = {
    colour: resolveColour(sourceInfo.colour, sourceInfo),
    depth: DEPTH,
    temporalDenoise,
    hwaccel,
    withShotFirstFrame: opened?.model.prompt !== undefined,
    from,
  } as const;
  await using source = openVideo(tools.binary, info, decoding, signal);
  const newComplaints = complaintsSince(source.decoded);
  const window = new BackpressureWindow(1);
  const images = pullFrames(source.read(), window).pipe(
    trimFrames(info, job),
    limitFrameRate(info, job.maxFps, () => {}),
    markMask(opened?.masker?.masking(from) ?? null, window),
    selectFrames(timeBase, job.pick),
    mapInOrder(window, async ({ frame, index, dropped, isLast }): Promise<FrameImage> => {
      const output = processor ? (await processor.run([frame], signal))[0]! : frame;
      const size = scale === null || scale === opened!.model.info.scale ? output : scaledSize(info, scale);
      const { data, width, height } = await encodeImage(output, imageOf(output), limitWidth(size, job.width), job);
      signal.throwIfAborted();
      const time = (frame.pts * timeBase.num) / timeBase.den;
      return {
        data,
        index,
        pts: frame.pts,
        time,
        width,
        height,
        dropped,
        isLast,
        warnings: [...warnings.splice(0), ...newComplaints()],
      };
    }),
  );
  let count = 0;
  for await (const image of iterate(images, window)) {
    count++;
    yield image;
  }
  if (count > 0) return assertReadToEnd(tools.binary, info, job, source.decoded, signal);
  throw new RemasterError('SOURCE_EMPTY', `${info.source.path} has no frame in the selected range.`, {
    remedy: 'Choose another range.',
    detail: source.stderrTail(),
  });
}

const imageOf = ({ width, height, data }: Frame) =>
  ({
    width,
    height,
    depth: DEPTH,
    data,
    alpha: null,
    isGrey: false,
    format: 'pixels',
    ...NO_METADATA,
  }) as const;

function limitWidth({ width, height }: { readonly width: number; readonly height: number }, maxWidth: number | null) {
  if (maxWidth === null || width <= maxWidth) return { width, height };
  return { width: maxWidth, height: Math.max(1, Math.round((height * maxWidth) / width)) };
}
