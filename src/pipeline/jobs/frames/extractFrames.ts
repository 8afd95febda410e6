import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelRequest } from '../../../model/model';
import type { FrameImage, FramesJob } from '../../../settings/framesJob';
import { JOB_DEFAULTS } from '../../../settings/restoreJob';
import { faceSettings } from '../../frames/face/faceSettings';
import { faceProcessor } from '../../frames/face/restoreFaces';
import { inpaintSettings } from '../../frames/inpaint/inpaintSettings';
import { frameMasker } from '../../frames/inpaint/maskFrames';
import { maskedTilesOnly } from '../../frames/inpaint/maskedTilesOnly';
import { modelRequest, wantedScale } from '../../frames/modelRequest';
import { type FrameProcessor, tileProcessor } from '../../frames/upscaleTiles';
import { resolveColour } from '../../media/colour';
import { openVideo } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import { encodeImage } from '../../media/image/encodeImage';
import { probe, type VideoInfo } from '../../media/probe';
import { limitFrameRate, limitHeight, scaledSize } from '../../media/resize';
import { SEEK_MARGIN, trimFrames } from '../../media/trim';
import { selectFrames } from './selectFrames';

/** The services the job uses. */
export interface FrameTools {
  readonly binary: FfmpegBinary;
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
}

/** JPEG and WebP store 8 bits. */
const DEPTH = 8;

/**
 * Extracts frames of a video as images, in order. Pull-based: an image is created when it is requested, and ffmpeg
 * pauses in between. Only the selected frames go through the model.
 */
export async function* extractFrames(
  job: FramesJob,
  tools: FrameTools,
  signal: AbortSignal,
): AsyncGenerator<FrameImage> {
  const sourceInfo = await probe(tools.binary, job.input, signal, job.sequenceRate);
  const info = limitHeight(sourceInfo, job.maxHeight);
  const { timeBase } = info;
  await using model = job.isUpscaled ? await tools.openModel({ ...modelRequest(job), depth: DEPTH }) : null;
  signal.throwIfAborted();
  const faceMode = model && faceSettings(job, model.info, info);
  const inpaint = model && inpaintSettings(job, model.info);
  await using masker = inpaint && (await frameMasker(tools.binary, inpaint, info, job.sequenceRate, signal));
  await using finder = faceMode === 'detect' ? tools.openFaceFinder() : null;
  const processor = model && openProcessor(masker ? maskedTilesOnly(model) : model, faceMode, finder, info, job);
  const scale = model && wantedScale(job, model);
  const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
  const from = Math.max(0, (job.trim?.start ?? 0) - SEEK_MARGIN);
  const { hwaccel } = job;
  const temporalDenoise = job.isUpscaled ? job.temporalDenoise : 'off';
  const decoding = {
    colour: resolveColour(sourceInfo.colour, sourceInfo),
    depth: DEPTH,
    deinterlace,
    temporalDenoise,
    hwaccel,
    from,
  } as const;
  await using source = openVideo(tools.binary, info, decoding, signal);
  const frames = limitFrameRate(trimFrames(source, info, job), info, job.maxFps, () => {});
  const masked = masker ? masker.maskFrames(frames, from) : frames;
  let count = 0;
  for await (const { frame, index, dropped, isLast } of selectFrames(masked, timeBase, job.pick)) {
    const output = processor ? (await processor.run([frame], signal))[0]! : frame;
    const size = scale === null || scale === model!.info.scale ? output : scaledSize(info, scale);
    const { data, width, height } = await encodeImage(output, imageOf(output), limitWidth(size, job.width), job);
    signal.throwIfAborted();
    count++;
    const time = (frame.pts * timeBase.num) / timeBase.den;
    yield { data, index, pts: frame.pts, time, width, height, dropped, isLast };
  }
  if (count > 0) return;
  throw new RemasterError('SOURCE_EMPTY', `${info.source.path} has no frame in the selected range.`, {
    remedy: 'Choose another range.',
    detail: source.stderrTail(),
  });
}

const openProcessor = (
  model: Model,
  faceMode: 'detect' | 'aligned' | null,
  finder: FaceFinder | null,
  info: VideoInfo,
  job: FramesJob,
): FrameProcessor =>
  faceMode === null
    ? tileProcessor(model, info, { ...job, segment: JOB_DEFAULTS.segment }, () => {})
    : faceProcessor(model, finder, job);

const imageOf = ({ width, height, data }: Frame) =>
  ({
    width,
    height,
    depth: DEPTH,
    data,
    alpha: null,
    isGrey: false,
    format: 'pixels',
    profile: null,
    exif: null,
    xmp: null,
    texts: [],
    density: null,
  }) as const;

function limitWidth({ width, height }: { readonly width: number; readonly height: number }, maxWidth: number | null) {
  if (maxWidth === null || width <= maxWidth) return { width, height };
  return { width: maxWidth, height: Math.max(1, Math.round((height * maxWidth) / width)) };
}
