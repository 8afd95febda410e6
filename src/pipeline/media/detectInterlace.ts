import { ffmpegOutput } from './ffmpegOutput';
import type { FfmpegBinary } from './findFfmpeg';

/** Frames analyzed to tell interlaced from progressive. */
const FIELD_SAMPLE = 120;

/** Codecs whose decoders always say whether a frame is interlaced, and codecs that are never interlaced. */
const ALWAYS_FLAGGED = /^(h264|hevc|vvc|mjpeg|av1|vp[789]|theora|gif|apng|png|webp|bmp|tiff|dpx|exr|jpeg2000|pgm|ppm)/;

/** What the file says of its fields; null: nothing. */
export type FieldFlag = boolean | null;

/**
 * Whether a video is interlaced. Flagged video is often progressive (25p on DVD), and old codecs often have no flag: then
 * the first frames decide, where they show it.
 */
export async function detectInterlace(
  binary: FfmpegBinary,
  input: readonly string[],
  { index, codec }: { readonly index: number; readonly codec: string },
  flag: FieldFlag,
  signal: AbortSignal,
): Promise<boolean> {
  if (flag === false || (flag === null && ALWAYS_FLAGGED.test(codec))) return false;
  const print = "metadata=mode=print:file='pipe\\:1'"; // idet counts in the metadata of each frame
  const args = [...input, '-map', `0:${index}`, '-frames:v', String(FIELD_SAMPLE), '-vf', `idet,${print}`];
  const text = (await ffmpegOutput(binary, [...args, '-f', 'null', '-'], signal)).toString();
  const last = (name: string): number =>
    Number([...text.matchAll(new RegExp(`^lavfi\\.idet\\.multiple\\.${name}=([\\d.]+)$`, 'gm'))].at(-1)?.[1] ?? 0);
  const [interlaced, progressive] = [last('tff') + last('bff'), last('progressive')];
  return interlaced + progressive >= 10 ? interlaced > progressive : flag === true;
}
