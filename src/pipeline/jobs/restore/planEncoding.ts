import { RemasterError } from '../../../errors';
import { packageVersion } from '../../../files/packageVersion';
import type { Model, ModelInfo } from '../../../model/model';
import { isFastest } from '../../../settings/chooseModel';
import type { Job } from '../../../settings/restoreJob';
import { wantedScale } from '../../frames/modelRequest';
import { resolveColour } from '../../media/colour';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';
import { chooseCodec } from '../../media/hardware/chooseCodec';
import type { Provenance } from '../../media/provenance';
import { scaledSize } from '../../media/resize';

/** ffmpeg refuses frames of (width + 128) × (height + 128) pixels or more. */
const MAX_FRAME_PIXELS = 2 ** 28;

const provenanceOf = ({ name, sha256, task }: ModelInfo): Provenance => ({
  tool: `remaster ${packageVersion()}`,
  model: { name, sha256 },
  task,
});

export interface PlannedEncoding {
  readonly encoding: Encoding;
  /** Why hardware that was wanted does not encode. */
  readonly warnings: readonly string[];
}

/**
 * Size, colour and codec of the output. `source` is the file, `info` the video as decoded for the job; `before`: the encoder
 * of a job that is continued.
 */
export async function planEncoding(
  binary: FfmpegBinary,
  job: Job,
  source: VideoInfo,
  info: VideoInfo,
  model: Model,
  signal: AbortSignal,
  before: string | null = null,
): Promise<PlannedEncoding> {
  const [width, height] = [info.width * model.info.scale, info.height * model.info.scale];
  const stored = scaledSize(info, wantedScale(job, model));
  if ((width + 128) * (height + 128) >= MAX_FRAME_PIXELS) {
    throw new RemasterError('FRAME_TOO_LARGE', `The output frame would be ${width}×${height}, which is too large.`, {
      remedy: 'Use a model with a smaller scale, or reduce the source with the maximum height.',
    });
  }
  const { pixelAspect, framesPerSecond, pixels } = info;
  const depth = pixels.bitDepth > 8 ? 16 : 8;
  const colour = resolveColour(source.colour, source); // a missing tag is guessed by the size of the source
  const isQuick = model.info.provider !== 'cpu' || isFastest(model.info.name);
  const target = { output: job.output, ...stored, depth, chroma: pixels.chroma, isQuick } as const;
  const { codec, warnings } = await chooseCodec(binary, job, target, signal, before);
  const encoding: Encoding = {
    codec,
    colour,
    width,
    height,
    stored,
    depth,
    pixelAspect,
    framesPerSecond: Math.min(framesPerSecond ?? 25, job.maxFps ?? Infinity),
    ...((job.record || job.bag) && { provenance: provenanceOf(model.info) }),
  };
  return { encoding, warnings };
}
