import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNameOf, isImageCodec } from '../../../settings/imageOutput';
import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';
import { writeImages } from '../../media/writeImages';
import type { OutputFolder } from '../outputFolder';
import type { Publish, WrittenVideo } from './finishOutput';
import { publishPartial } from './publishPartial';
import { sourceLoss } from './sourceLoss';
import type { Trial } from './trial';
import { damageError } from './truncation';

/** Folder of the images in the work folder. */
const IMAGES = 'images';

/** Writes the frames as images and gives their folder its name; the same promises as `finishOutput`. */
export async function finishImages(
  binary: FfmpegBinary,
  folder: OutputFolder,
  { segments, times, decoded, broken }: WrittenVideo,
  { depth }: Encoding,
  info: VideoInfo,
  job: Job,
  trial: Trial,
  signal: AbortSignal,
  publish: Publish = (images) => folder.publish(images),
): Promise<{ readonly output: string; readonly warnings: readonly string[] }> {
  const loss = await sourceLoss(binary, info, job, { decoded, broken, last: times.at(-1)!, sound: null }, signal);
  const path = join(folder.folder, IMAGES);
  await mkdir(path);
  const paths = segments.map(({ file }) => join(folder.folder, file));
  const format = isImageCodec(job.codec) ? job.codec : 'png';
  const target = { folder: path, name: imageNameOf(job)!, first: job.startNumber, format, depth };
  await writeImages(binary, paths, times.length, target, signal);
  await folder.assertWritable();
  const damage = await loss.damage(null);
  if (damage) throw damageError(damage, info, await publishPartial(folder, IMAGES));
  const warnings = [...new Set([...trial.warnings, ...loss.missing.warnings])];
  return { output: await publish(IMAGES, warnings), warnings };
}
