import type { SourceSummary } from '../../src/engine/protocol';
import type { Job, Result } from '../../src/settings/restoreJob';
import { endedRow } from './jobRows';
import type { Outcome } from './resumableJob';

export interface FileJob {
  readonly job: Job;
  readonly info: SourceSummary;
}

/** A restored file and its source. */
export interface FinishedFile extends FileJob {
  readonly label: string;
  readonly result: Result;
}

/** What stays of a job when the node that ran it may be gone. */
export interface JobSummary {
  /** Id of the video out node, as the editor knows it. */
  readonly node: string;
  /** Id of the video upscale node, as the editor knows it. */
  readonly stage: string;
  readonly label: string;
  readonly model: string;
  /** Null for a camera. */
  readonly file: FileJob | null;
}

interface Ended {
  readonly id: string;
  readonly summary: JobSummary;
  readonly outcome: Outcome;
}

/** Ended jobs that stay in the list. */
const MAX_ENDED = 20;

/** The last ended jobs, newest first. */
export class EndedJobs {
  #ended: readonly Ended[] = [];

  /** `summary` may have more fields; only those of a summary are kept. */
  add(id: string, { node, stage, label, model, file }: JobSummary, outcome: Outcome): void {
    this.#ended = [{ id, summary: { node, stage, label, model, file }, outcome }, ...this.#ended].slice(0, MAX_ENDED);
  }

  /** Null if there is no finished file with this id, or it has left the list. */
  finished(id: string): FinishedFile | null {
    const ended = this.#ended.find((one) => one.id === id);
    return ended === undefined ? null : finishedFile(ended);
  }

  /** Their rows in the editor's sidebar. */
  rows(): readonly Record<string, unknown>[] {
    return this.#ended.map((ended) => ({
      ...headOf(ended.id, ended.summary),
      ...endedRow(ended.outcome),
      compare: finishedFile(ended) !== null,
    }));
  }
}

/** The fields that every row of the sidebar has. */
export const headOf = (id: string, { node, label, model }: JobSummary) => ({ id, node, label, model });

function finishedFile({ summary: { label, file }, outcome }: Ended): FinishedFile | null {
  return file && outcome.status === 'done' ? { label, ...file, result: outcome.result } : null;
}
