import { randomUUID } from 'node:crypto';
import { RemasterError } from '../../src/errors';
import { show } from '../../src/settings/showValue';
import { EndedJobs, type FinishedFile, headOf, type JobSummary } from './endedJobs';
import { actionsFor, activeRow, type JobAction, type JobState } from './jobRows';
import type { NextPair } from './jpegPair';
import type { Outcome } from './resumableJob';
import type { Throughput } from './throughput';

/** A job as the node that runs it registers it. */
export interface JobEntry extends JobSummary {
  readonly state: () => JobState;
  /** Address of its live page. */
  readonly page?: string;
  readonly control: (action: JobAction) => void;
  /** Before and after of the next frame. */
  readonly pair: NextPair;
  /** A JPEG: left half before, right half after. Null if no frame comes soon. */
  readonly preview: () => Promise<Uint8Array | null>;
}

export interface RegisteredJob {
  /** The job has ended: it stays in the list. */
  readonly end: (outcome: Outcome) => void;
  /** The job was suspended: it leaves the list. */
  readonly remove: () => void;
}

/** All jobs of this Node-RED, for the sidebar, the previews and the before/after page. */
export class JobRegistry {
  readonly #active = new Map<string, JobEntry>();
  readonly #ended = new EndedJobs();

  constructor(private readonly throughput: Throughput) {}

  register(entry: JobEntry): RegisteredJob {
    const id = randomUUID();
    this.#active.set(id, entry);
    return {
      end: (outcome) => {
        if (this.#active.delete(id)) this.#ended.add(id, entry, outcome);
      },
      remove: () => void this.#active.delete(id),
    };
  }

  /** Active jobs in the order they were registered, then ended jobs, newest first. */
  list(): readonly Record<string, unknown>[] {
    return [...[...this.#active].map(([id, entry]) => this.#rowOf(id, entry)), ...this.#ended.rows()];
  }

  /** Throws for an unknown job, and for an action that the job does not accept in its state. */
  control(id: string, action: unknown): void {
    const entry = this.#active.get(id);
    if (!entry) throw noSuchJob();
    const known = actionsFor(entry.state()).find((one) => one === action);
    if (known === undefined) throw notNow(action);
    entry.control(known);
  }

  /** Null if there is no finished file job with this id, or it has left the list. */
  finished(id: string): FinishedFile | null {
    return this.#ended.finished(id);
  }

  active(id: string): Pick<JobEntry, 'label' | 'pair'> | null {
    return this.#active.get(id) ?? null;
  }

  /** A preview of the newest job that runs in this video upscale node. */
  async preview(stage: string): Promise<Uint8Array | null> {
    const all = [...this.#active.values()].filter((entry) => entry.stage === stage);
    const entry = all.findLast(({ state }) => isRunning(state()));
    return entry ? entry.preview() : null;
  }

  #rowOf(id: string, entry: JobEntry): Record<string, unknown> {
    const { file } = entry;
    const state = entry.state();
    const estimate = (): number | null => file && this.throughput.estimateSeconds(file.job, file.info);
    return { ...headOf(id, entry), ...activeRow(state, estimate), compare: isRunning(state), page: entry.page ?? null };
  }
}

/** Node-RED gives a node inside a subflow another id than the editor. */
export const editorId = ({ id, _alias }: { readonly id: string; readonly _alias?: string }): string => _alias ?? id;

export const noSuchJob = (): RemasterError =>
  new RemasterError('PLAN_STAGE_GONE', 'This job does not exist any more.', { remedy: 'Refresh the list of jobs.' });

const notNow = (action: unknown): RemasterError =>
  new RemasterError('BAD_SETTING', `The action ${show(action)} is not possible in the present state of this job.`, {
    remedy: 'Refresh the list of jobs: the job may have changed.',
  });

const isRunning = ({ is }: JobState): boolean => is === 'running' || is === 'live';
