import type { Job, Progress, Result } from '../pipeline/job';
import type { Ask } from './protocol';

/** A job handed to an engine. */
export interface RunningJob {
  readonly id: string;
  /** Rejects with a RemasterError, or with a StoppedError after `stop` or `suspend`. */
  readonly result: Promise<Result>;
  /** Throws everything away. Settles within 3 s. */
  stop(): Promise<void>;
  /** Keeps finished segments when the job may resume. Settles within 3 s. */
  suspend(): Promise<void>;
}

export interface JobEvents {
  readonly onProgress?: (progress: Progress) => void;
  /** 0 = running, 1 = next, … */
  readonly onQueued?: (position: number) => void;
}

/** A child process that owns ffmpeg, pixels and onnxruntime; started when first needed, restarted after a crash, gone when idle. */
export interface Engine {
  run(job: Job, events?: JobEvents): RunningJob;
  ask<K extends keyof Ask>(what: K, args: Ask[K]['args']): Promise<Ask[K]['result']>;
  /** Ends the process; running jobs are suspended. */
  close(): Promise<void>;
}
