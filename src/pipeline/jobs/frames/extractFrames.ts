import { RemasterError } from '../../../errors';
import type { FaceFinder, Model, ModelRequest } from '../../../model/model';
import type { FramePicture, FramesJob } from '../../../settings/framesJob';
import { JOB_DEFAULTS } from '../../../settings/restoreJob';
import { settleFaces } from '../../frames/face/faceSettings';
import { faceEnhancer } from '../../frames/face/restoreFaces';
import { settleHoles } from '../../frames/inpaint/inpaintSettings';
import { holeMarker } from '../../frames/inpaint/maskFrames';
import { onlyHoles } from '../../frames/inpaint/maskedTilesOnly';
import { modelRequest, wantedScale } from '../../frames/modelRequest';
import { type Enhancer, enhancer } from '../../frames/upscaleTiles';
import { settle } from '../../media/colour';
import { openVideo } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame } from '../../media/frame';
import { encodeImage } from '../../media/image/encodeImage';
import { probe, type VideoInfo } from '../../media/probe';
import { reducedRate, reducedSize, scaledSize } from '../../media/resize';
import { SEEK_MARGIN, within } from '../../media/trim';
import { picked } from './selectFrames';

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
export async function* takeFrames(
  job: FramesJob,
  tools: FrameTools,
  signal: AbortSignal,
): AsyncGenerator<FramePicture> {
  const whole = await probe(tools.binary, job.input, signal, job.sequenceRate);
  const info = reducedSize(whole, job.maxHeight);
  const { timeBase } = info;
  await using model = job.isTreated ? await tools.openModel({ ...modelRequest(job), depth: DEPTH }) : null;
  signal.throwIfAborted();
  const facesBy = model && settleFaces(job, model.info, info);
  const holes = model && settleHoles(job, model.info);
  await using marker = holes && (await holeMarker(tools.binary, holes, info, job.sequenceRate, signal));
  await using finder = facesBy === 'detect' ? tools.openFaceFinder() : null;
  const enhance = model && enhancerFor(marker ? onlyHoles(model) : model, facesBy, finder, info, job);
  const scale = model && wantedScale(job, model);
  const deinterlace = job.deinterlace === 'on' || (job.deinterlace === 'auto' && info.isInterlaced);
  const from = Math.max(0, (job.trim?.start ?? 0) - SEEK_MARGIN);
  const { hwaccel } = job;
  const stabilize = job.isTreated ? job.stabilize : 'off';
  const decoding = {
    colour: settle(whole.colour, whole),
    depth: DEPTH,
    deinterlace,
    stabilize,
    hwaccel,
    from,
  } as const;
  await using source = openVideo(tools.binary, info, decoding, signal);
  const frames = reducedRate(within(source, info, job), info, job.maxFps, () => {});
  const marked = marker ? marker.mark(frames, from) : frames;
  let count = 0;
  for await (const { frame, index, dropped, isLast } of picked(marked, timeBase, job.pick)) {
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
    detail: source.complaints(),
  });
}

const enhancerFor = (
  model: Model,
  facesBy: 'detect' | 'aligned' | null,
  finder: FaceFinder | null,
  info: VideoInfo,
  job: FramesJob,
): Enhancer =>
  facesBy === null
    ? enhancer(model, info, { ...job, segment: JOB_DEFAULTS.segment }, () => {})
    : faceEnhancer(model, finder, job);

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
