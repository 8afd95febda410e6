import { open } from 'node:fs/promises';
import { describeVideo } from './describe/describeVideo';
import { detectFields } from './detectFields';
import type { FfmpegBinary } from './findFfmpeg';
import { readAll, UnknownStructure } from './fileChange';
import { mirrorFilter } from './mp4Mirror';
import { dolbyVisionProfile as profileIn, findMoov } from './mp4Moov';
import { inputOptions, openSource, type SourceFile } from './sourceFile';
import type { VideoInfo } from './videoInfo';
import { undecodable, unreadableMedia } from './unreadableMedia';

export type { VideoInfo } from './videoInfo';

/**
 * Describes a video file and decodes its first frames. Errors: SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE.
 */
export async function probe(
  binary: FfmpegBinary,
  path: string,
  signal: AbortSignal,
  sequenceRate?: number,
): Promise<VideoInfo> {
  const source = await openSource(path, sequenceRate);
  const input = inputOptions(source);
  const video = await describeVideo(binary, input, signal);
  if ('empty' in video)
    throw video.empty
      ? await undecodable(binary, source, video.empty, signal)
      : await unreadableMedia(binary, source, video.media, signal);
  const fields = await detectFields(binary, input, video, video.interlaceFlag, signal);
  const moov = binary.hasFpsMode ? null : await readMoov(source);
  // Covers are no tracks, but may come before them.
  const track = video.media.streams.filter(({ index, isCoverArt }) => index < video.stream && !isCoverArt).length;
  return {
    ...video,
    source,
    ...fields,
    dolbyVisionProfile: moov && !binary.ffprobe ? inMoov(moov, profileIn) : video.dolbyVisionProfile,
    mirror: moov && inMoov(moov, (box) => mirrorFilter(box, track)),
  };
}

/** What the ffmpeg of 2018 does not read. Null for other files than MP4 and MOV. */
async function readMoov({ path, bytes, sequence }: SourceFile): Promise<Buffer | null> {
  if (sequence) return null;
  const file = await open(path, 'r');
  try {
    const { start, end } = await findMoov(file, bytes);
    return await readAll(file, start, end);
  } catch (error) {
    return orUnknown(error);
  } finally {
    await file.close();
  }
}

function inMoov<T>(moov: Buffer, read: (moov: Buffer) => T | null): T | null {
  try {
    return read(moov);
  } catch (error) {
    return orUnknown(error);
  }
}

function orUnknown(error: unknown): null {
  if (error instanceof UnknownStructure || error instanceof RangeError) return null;
  throw error;
}
