import type { Job, WorkerSpeed } from '../../../settings/restoreJob';

/** Frames of a segment, counted as in the result. */
export interface SegmentRange {
  /** From 0. */
  readonly index: number;
  readonly first: number;
  readonly count: number;
}

/** A video whose segments are made by several machines. Plain JSON. */
export interface SharedJob {
  /** With the name of its model. */
  readonly job: Job;
  /** The size of its tiles, chosen for the video. */
  readonly tiles: Pick<Job, 'tile' | 'overlap'>;
  /** Of its identity: its segments are told from those of other jobs by it. */
  readonly key: string;
  /** Streams of sound that come with the video, which decide how jumps of its clock are read. */
  readonly sound: readonly number[];
  /** Where the segments are written. */
  readonly folder: string;
  readonly model: { readonly name: string; readonly sha256: string };
  /** `codecKey` of its encoder: where a machine may choose, it chooses this one. */
  readonly encoder: string;
  /** Bytes that a machine needs, roughly. */
  readonly memory: number;
  /** The class of machines that the job began with; null: it has not begun. */
  readonly machine: string | null;
}

/** A machine that makes segments. */
export interface Maker {
  /** Name of the worker. */
  readonly by: string;
  /** Its class. */
  readonly machine: string;
  /** Letters and digits, different for each worker. */
  readonly owner: string;
}

/** How far the job is, over all machines. */
export interface FarmCounts {
  readonly workers: readonly WorkerSpeed[];
  /** Frames made since it was started. */
  readonly frames: number;
  /** Machines that were left out, in sentences. */
  readonly notes: readonly string[];
  /** Why nothing is made now, as a sentence; null: something is. */
  readonly waitsFor: string | null;
}

/** A job that was given to the farm. Disposed: it is removed there. */
export interface StartedFarmJob extends AsyncDisposable {
  add(segments: readonly SegmentRange[]): Promise<void>;
  /** Settles when all segments that were added are made; there will be no others. */
  finish(): Promise<void>;
  /** Rejects when a segment has failed for good. */
  readonly failed: Promise<never>;
}

/** Other machines that make segments. */
export interface SegmentFarm extends AsyncDisposable {
  /**
   * Starts a job. `announce`: called with the number of the run before its first segment is handed out, and again when the
   * queue has lost it.
   */
  start(
    shared: SharedJob,
    announce: (run: string) => Promise<void>,
    onCounts: (counts: FarmCounts) => void,
    signal: AbortSignal,
  ): Promise<StartedFarmJob>;
}
