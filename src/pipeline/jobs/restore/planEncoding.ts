import { RemasterError } from '../../../errors';
import { packageVersion } from '../../../files/packageVersion';
import type { Model, ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';
import { wantedScale } from '../../frames/modelRequest';
import { resolveCodec } from '../../media/codecs';
import { resolveColour } from '../../media/colour';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';
import type { Provenance } from '../../media/provenance';
import { scaledSize } from '../../media/resize';

/** ffmpeg refuses frames of (width + 128) × (height + 128) pixels or more. */
const MAX_FRAME_PIXELS = 2 ** 28;

const provenanceOf = ({ name, sha256, task }: ModelInfo): Provenance => ({
  tool: `remaster ${packageVersion()}`,
  model: { name, sha256 },
  task,
});

/** Size, colour and codec of the output. `source` is the file, `info` the video as decoded for the job. */
export function planEncoding(
  binary: FfmpegBinary,
  job: Job,
  source: VideoInfo,
  info: VideoInfo,
  model: Model,
): Encoding {
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
  const codec = resolveCodec(binary, job, { output: job.output, ...stored, depth, chroma: pixels.chroma });
  return {
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
}
