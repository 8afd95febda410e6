import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { BackpressureWindow } from '../../../async/backpressure';
import type { AssembleJob, AssembleResult, TimedImage } from '../../../settings/assembleJob';
import { type FfmpegBinary, ffmpegWarnings } from '../../media/findFfmpeg';
import { decodeImage } from '../../media/image/decodeImage';
import { muxVideo } from '../../media/mux';
import { mapInOrder } from '../../operators/mapInOrder';
import { pullFrames } from '../../operators/pullFrames';
import { openOutputFolder } from '../outputFolder';
import { type ImageVideo, imageVideo } from './imageVideo';

/** The services the job uses. */
export interface AssembleTools {
  readonly binary: FfmpegBinary;
  readonly onTemporaryPath?: (path: string, gone: boolean) => void;
}

/**
 * Encodes images to a video, each requested when the last one is written. The video gets its file name only when it is
 * complete; a failure or the signal deletes its files. Errors: those of the images and of the output, SOURCE_EMPTY.
 */
export async function assembleVideo(
  job: AssembleJob,
  { binary, onTemporaryPath }: AssembleTools,
  images: AsyncIterable<TimedImage>,
  signal: AbortSignal,
): Promise<AssembleResult> {
  const started = performance.now();
  const options = { overwrite: job.overwrite, resume: false, discard: false, ffmpeg: binary.version };
  const folder = await openOutputFolder(job.output, {}, options, signal);
  onTemporaryPath?.(folder.folder, false);
  let left: readonly string[] = [];
  let made: Omit<AssembleResult, 'elapsed'>;
  try {
    await using video = imageVideo(job, binary, join(folder.folder, 'frames.nut'), signal);
    await writeImages(images, video, job);
    signal.throwIfAborted();
    const { path, encoding, clock, warnings } = await video.finish();
    const { codec, colour, width, height } = encoding;
    const whole = `whole.${codec.container}`;
    const encoded = { codec, colour, paths: [path], times: clock.times() };
    await muxVideo(binary, encoded, join(folder.folder, whole), signal);
    await folder.assertWritable();
    const output = await folder.publish(whole);
    const { size: bytes } = await stat(output);
    const all = [...ffmpegWarnings(binary), ...warnings];
    made = { output, frames: clock.count, width, height, bytes, warnings: all };
  } catch (error) {
    throw signal.aborted ? signal.reason : await folder.explain(error);
  } finally {
    left = await folder.close({ keepSegments: false });
    onTemporaryPath?.(folder.folder, true);
  }
  return { ...made, warnings: [...made.warnings, ...left], elapsed: (performance.now() - started) / 1000 };
}

async function writeImages(images: AsyncIterable<TimedImage>, video: ImageVideo, job: AssembleJob): Promise<void> {
  const window = new BackpressureWindow(1); // so that an error belongs to the image that was sent last
  const written$ = pullFrames(images, window).pipe(
    mapInOrder(window, async ({ source, time }) => ({ image: await decodeImage(source, job.maxPixels), time })),
    mapInOrder(window, ({ image, time }) => video.write(image, time)),
  );
  await lastValueFrom(written$, { defaultValue: undefined });
}
