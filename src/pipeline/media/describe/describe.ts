import type { FfmpegBinary } from '../findFfmpeg';
import { describeWithFfmpeg } from './ffmpegReader';
import { describeWithFfprobe } from './ffprobeReader';
import type { MediaInfo } from './mediaInfo';

/**
 * Describes a media file; null for one that cannot be opened. Never by the text of a log: it differs between versions of
 * ffmpeg. `input`: the ffmpeg options that open the file.
 */
export async function describe(
  binary: FfmpegBinary,
  input: readonly string[],
  signal: AbortSignal,
): Promise<MediaInfo | null> {
  const described = binary.ffprobe && (await describeWithFfprobe(binary.ffprobe, input, signal));
  return described || describeWithFfmpeg(binary, input, signal);
}
