import { open } from 'node:fs/promises';
import { describeVideo, type VideoDescription } from './describe/describeVideo';
import { detectInterlace } from './detectInterlace';
import type { FfmpegBinary } from './findFfmpeg';
import { readAll, UnknownStructure } from './fileChange';
import { dolbyVisionProfile as profileIn, findMoov } from './mp4Moov';
import { inputOptions, openSource, type SourceFile } from './sourceFile';
import { undecodable, unreadableMedia } from './unreadableMedia';

/** A source file and its video. */
export interface VideoInfo extends VideoDescription {
  readonly source: SourceFile;
  /** By its flag or, if that is missing or unreliable, by analysis of the first frames. */
  readonly isInterlaced: boolean;
}

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
      : await unreadableMedia(source, video.media);
  const stream = { index: video.stream, codec: video.codec };
  const isInterlaced = await detectInterlace(binary, input, stream, video.interlaceFlag, signal);
  const isOld = !binary.hasFpsMode && !binary.ffprobe;
  const dolbyVisionProfile = isOld ? await boxedProfile(source) : video.dolbyVisionProfile;
  return { ...video, source, isInterlaced, dolbyVisionProfile };
}

/** What the ffmpeg of 2018 does not read. Null for other files than MP4 and MOV. */
async function boxedProfile({ path, bytes, sequence }: SourceFile): Promise<number | null> {
  if (sequence) return null;
  const file = await open(path, 'r');
  try {
    const { start, end } = await findMoov(file, bytes);
    return profileIn(await readAll(file, start, end));
  } catch (error) {
    if (error instanceof UnknownStructure || error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}
