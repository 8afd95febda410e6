import type { ChosenModel } from '../../../settings/chooseModel';
import type { Job } from '../../../settings/restoreJob';
import type { ProcessorTools } from '../../frames/processor';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { Frame, Rational } from '../../media/frame';
import type { OutputFolder } from '../outputFolder';
import type { EarlierTrials } from './earlierTrials';
import type { ComparisonTools } from './estimateTime';
import type { OpenedJob } from './openJob';
import type { ProgressMeter } from './progress';
import type { RecordTools } from './record/openRecording';
import type { SegmentFarm } from './segmentFarm';

/** The services a job uses, so that tests can replace them. */
export interface Tools extends ProcessorTools {
  readonly binary: FfmpegBinary;
  /** Called with the newest frame before and after the model; must not keep them. */
  readonly onFrame?: (before: Frame, after: Frame, pixelAspect: Rational) => void;
  /** The models that a long job is compared with; without them it is not. */
  readonly comparison?: ComparisonTools;
  /** Called with the folder a job works in, so that another process can delete it if this one dies. */
  readonly onTemporaryPath?: (path: string, gone: boolean) => void;
  /** Of earlier jobs. */
  readonly earlierTrials?: EarlierTrials;
  /** For jobs with a record. */
  readonly record?: RecordTools;
  /** For jobs with a queue: the machines that work for it. Errors: those of the queue. */
  openFarm?(queue: string, signal: AbortSignal, onWait: (why: string) => void): Promise<SegmentFarm>;
}

/** A job with everything it has opened. */
export interface RunningJob extends Omit<OpenedJob, typeof Symbol.asyncDispose> {
  readonly job: Job;
  readonly tools: Tools;
  readonly signal: AbortSignal;
  readonly meter: ProgressMeter;
  readonly folder: OutputFolder;
  /** Null: this machine makes all segments. */
  readonly farm: SegmentFarm | null;
  /** Null where the job named its model. */
  readonly chosen: ChosenModel | null;
  readonly started: Date;
}
