import { RemasterError } from '../../../../errors';
import type { ChosenModel } from '../../../../settings/chooseModel';
import { isImageCodec } from '../../../../settings/imageOutput';
import type { Job } from '../../../../settings/restoreJob';
import type { OpenModel } from '../../../frames/processor';
import type { Encoding } from '../../../media/encode';
import type { FfmpegBinary } from '../../../media/findFfmpeg';
import type { VideoInfo } from '../../../media/probe';
import type { OutputFolder } from '../../outputFolder';
import type { ModelFiles } from './record';
import type { WrittenFrames } from './recordFacts';
import { isRecorded, type RecorderTools } from './openRecorder';
import { publishRecorded } from './recording';
import { MOST_FRAMES } from './recordSchema';

/** What a record needs besides the job. */
export interface RecordTools extends RecorderTools {
  /** `model`: as in the job. */
  modelFiles(model: string): Promise<ModelFiles>;
}

interface OpenJob {
  readonly job: Job;
  readonly tools: { readonly binary: FfmpegBinary; readonly record?: RecordTools };
  readonly info: VideoInfo;
  readonly opened: OpenModel;
  readonly encoding: Encoding;
  readonly folder: OutputFolder;
  readonly chosen: ChosenModel | null;
  readonly started: Date;
  readonly signal: AbortSignal;
}

/** The record of a job that runs. */
export interface Recording {
  /** Publishes the finished file of the work folder with its record. Returns its path. */
  publish(file: string, written: WrittenFrames): Promise<string>;
}

/** Null for a job without a record. `expected`: frames of the whole job. */
export async function openRecording(open: OpenJob, expected: number | null): Promise<Recording | null> {
  const { job, tools, opened, signal } = open;
  if (!isRecorded(job)) return null;
  if (expected !== null && expected > MOST_FRAMES)
    throw new RemasterError('BAD_SETTING', `A record has at most ${MOST_FRAMES} frames, and this video ${expected}.`, {
      remedy: 'Restore it in parts, with --start and --end, or without a record.',
    });
  if (isImageCodec(job.codec) && process.platform === 'win32')
    throw new RemasterError('BAD_SETTING', 'On Windows, ffmpeg cannot read images again, so they get no record.', {
      remedy: 'Restore them without a record, or write FFV1, which is lossless, too.',
    });
  const { masker, finder } = opened;
  const model = opened.model.info;
  const files = { ...(await tools.record!.modelFiles(job.model)), sha256: model.sha256 };
  const parts = { files, model, mask: masker?.source ?? null, faceFinder: finder?.version ?? null };
  return {
    publish: (file, written) => publishRecorded({ ...open, ...parts, binary: tools.binary }, file, written, signal),
  };
}
