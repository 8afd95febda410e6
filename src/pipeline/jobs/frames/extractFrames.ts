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

/** What the job needs from outside. */
export interface FrameTools {
  readonly binary: FfmpegBinary;
  openModel(request: ModelRequest): Promise<Model>;
  openFaceFinder(): FaceFinder;
}

/** JPEG and WebP hold 8 bits, and a picture for other programs needs no more. */
const DEPTH = 8;

/**
 * Pictures out of a video, in order. Reading is pulling: a picture is made when it is asked for, and ffmpeg stands still
 * in between. Only frames that become pictures go through the model.
 */
export async function* extractFrames(
  job: FramesJob,
  tools: FrameTools,
  signal: AbortSignal,
): AsyncGenerator<FrameImage> {
  const whole = await probe(tools.binary, job.input, signal, job.sequenceRate);
  const info = limitHeight(whole, job.maxHeight);
  const { timeBase } = info;
  await using model = job.isUpscaled ? await tools.openModel({ ...modelRequest(job), depth: DEPTH }) : null;
  signal.throwIfAborted();
  const facesBy = model && faceSettings(job, model.info, info);
  const holes = model && inpaintSettings(job, model.info);
  await using marker = holes && (await frameMasker(tools.binary, holes, info, job.sequenceRate, signal));
  await using finder = facesBy === 'detect' ? tools.openFaceFinder() : null;
  const enhance = model && enhancerFor(marker ? maskedTilesOnly(model) : model, facesBy, finder, info, job);
  const scale = model && wantedScale(job, model);
  const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
  const from = Math.max(0, (job.trim?.start ?? 0) - SEEK_MARGIN);
  const { hwaccel } = job;
  const temporalDenoise = job.isUpscaled ? job.temporalDenoise : 'off';
  const decoding = {
    colour: resolveColour(whole.colour, whole),
    depth: DEPTH,
    deinterlace,
    temporalDenoise,
    hwaccel,
    from,
  } as const;
  await using source = openVideo(tools.binary, info, decoding, signal);
  const frames = limitFrameRate(trimFrames(source, info, job), info, job.maxFps, () => {});
  const marked = marker ? marker.maskFrames(frames, from) : frames;
  let count = 0;
  for await (const { frame, index, dropped, isLast } of selectFrames(marked, timeBase, job.pick)) {
    const made = enhance ? (await enhance.run([frame], signal))[0]! : frame;
    const size = scale === null || scale === model!.info.scale ? made : scaledSize(info, scale);
    const { data, width, height } = await encodeImage(made, stillOf(made), narrowed(size, job.width), job);
    signal.throwIfAborted();
    count++;
    const time = (frame.pts * timeBase.num) / timeBase.den;
    yield { data, index, pts: frame.pts, time, width, height, dropped, isLast };
  }
  if (count > 0) return;
  throw new RemasterError('SOURCE_EMPTY', `${info.source.path} has no frame in the part that is wanted.`, {
    remedy: 'Choose another part.',
    detail: source.stderrTail(),
  });
}

const enhancerFor = (
  model: Model,
  facesBy: 'detect' | 'aligned' | null,
  finder: FaceFinder | null,
  info: VideoInfo,
  job: FramesJob,
): FrameProcessor =>
  facesBy === null
    ? tileProcessor(model, info, { ...job, segment: JOB_DEFAULTS.segment }, () => {})
    : faceProcessor(model, finder, job);

const stillOf = ({ width, height, data }: Frame) =>
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
  }) as const;

function narrowed({ width, height }: { readonly width: number; readonly height: number }, most: number | null) {
  if (most === null || width <= most) return { width, height };
  return { width: most, height: Math.max(1, Math.round((height * most) / width)) };
}
