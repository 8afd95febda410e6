import { RemasterError } from '../../../errors';
import type { AssembleJob } from '../../../settings/assembleJob';
import { resolveColour } from '../../media/colour';
import { createVideo, type Encoding, type FrameSink } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { chooseCodec } from '../../media/hardware/chooseCodec';
import type { DecodedImage } from '../../media/image/decodeImage';
import { letterbox } from '../../media/image/letterbox';
import { ImageClock } from './imageClock';

/** A video in the size of its first image. */
export interface ImageVideo extends AsyncDisposable {
  /** Resolves when the encoder is ready for more. `time` in increasing seconds; null when the image has none. */
  write(image: DecodedImage, time: number | null): Promise<void>;
  /** Errors: SOURCE_EMPTY, ENCODE_FAILED. */
  finish(): Promise<WrittenImages>;
}

export interface WrittenImages {
  readonly path: string;
  readonly encoding: Encoding;
  readonly clock: ImageClock;
  readonly warnings: readonly string[];
}

export function imageVideo(job: AssembleJob, binary: FfmpegBinary, path: string, signal: AbortSignal): ImageVideo {
  const warnings = new Set<string>();
  let open: { readonly encoding: Encoding; readonly clock: ImageClock; readonly sink: FrameSink } | null = null;

  const begin = async (image: DecodedImage, time: number | null) => {
    const clock = new ImageClock(job, time);
    const encoding = await encodingOf(image, job, binary, clock, signal, (warning) => warnings.add(warning));
    return { clock, encoding, sink: createVideo(binary, path, encoding, signal) };
  };

  return {
    async write(image, time) {
      open ??= await begin(image, time);
      const { clock, encoding, sink } = open;
      const { width, height, depth } = encoding;
      if (image.width !== width || image.height !== height)
        warnings.add(`Images of a different size were fitted into that of the first (${width}×${height}).`);
      clock.add(time);
      await sink.write(await letterbox(image, { width, height, depth }));
    },
    async finish() {
      if (!open) throw new RemasterError('SOURCE_EMPTY', 'The video has no images.', { remedy: 'Send at least one.' });
      await open.sink.finish();
      return { ...open, path, warnings: [...warnings] };
    },
    async [Symbol.asyncDispose]() {
      await open?.sink[Symbol.asyncDispose]();
    },
  };
}

const UNTAGGED = { matrix: null, primaries: null, transfer: null, range: null };

/** As large and as deep as the image. */
async function encodingOf(
  { width, height, depth }: DecodedImage,
  job: AssembleJob,
  binary: FfmpegBinary,
  { framesPerSecond }: ImageClock,
  signal: AbortSignal,
  warn: (warning: string) => void,
): Promise<Encoding> {
  const target = { output: job.output, width, height, depth, chroma: 'rgb' as const };
  const { codec, warnings } = await chooseCodec(binary, job, target, signal);
  warnings.forEach(warn);
  const colour = resolveColour(UNTAGGED, { width, height, pixels: { chroma: 'rgb', isFullRange: true } });
  const stored = { width, height };
  return { codec, colour, width, height, stored, depth, pixelAspect: { num: 1, den: 1 }, framesPerSecond };
}
