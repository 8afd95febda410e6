import type { Area } from '../../settings/crop';
import type { VideoDescription } from './describe/describeVideo';
import type { DetectedFields } from './detectFields';
import { type FieldReading, NO_FIELDS } from './fields';
import type { MirrorFilter } from './mp4Mirror';
import type { SourceFile } from './sourceFile';

/** A source file and its video. */
export interface VideoInfo extends VideoDescription, DetectedFields {
  readonly source: SourceFile;
  /** For a mirrored video that ffmpeg would only turn, as versions before 5.1 may; null for all others. */
  readonly mirror: MirrorFilter | null;
  /** How a job reads it; absent: unchanged. */
  readonly reading?: Reading;
}

/** What a job has changed in the description of a video. */
export interface Reading {
  /** The video of the file. */
  readonly stored: VideoInfo;
  readonly fields: FieldReading;
  /** Parts of the file's ticks in which times are counted. */
  readonly perTick: number;
  /** Null: whole frames. */
  readonly crop: Area | null;
  /** Whether the job, not the file, says the shape of the pixels. */
  readonly isAspectGiven: boolean;
  /** What was found out about it, in sentences. */
  readonly notes: readonly string[];
}

/** The description of the video in the file, for what was read of it by a job. */
export const storedOf = (info: VideoInfo): VideoInfo => info.reading?.stored ?? info;

/** Ticks for each of the file. */
export const ticksPerStored = (info: VideoInfo): number => info.reading?.perTick ?? 1;

export const fieldsOf = (info: VideoInfo): FieldReading => info.reading?.fields ?? NO_FIELDS;
