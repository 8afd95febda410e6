import { randomUUID } from 'node:crypto';
import type { SourceSummary } from '../../src/engine/protocol';
import { errorRecord, RemasterError } from '../../src/errors';
import type { LiveProgress } from '../../src/settings/liveJob';
import type { Job, Result } from '../../src/settings/restoreJob';
import { percent } from '../message/status';
import type { NextPair } from './jpegPair';
import type { Outcome, JobStanding } from './pendingJobs';
import { estimateSeconds } from './throughput';

/** What the sidebar of the editor can do with a job. */
export type JobAction = 'pause' | 'resume' | 'stop';

/** A job as whoever runs it puts it up for all to see. */
export interface JobEntry {
  /** Id of the video out node, as the editor knows it. */
  readonly node: string;
  /** Id of the video upscale node, as the editor knows it. */
  readonly stage: string;
  readonly label: string;
  readonly model: string;
  /** What is restored; null: a camera. */
  readonly file: FileJob | null;
  readonly state: () => JobState;
  readonly control: (action: JobAction) => void;
  /** Before and after of the next frame. */
  readonly pair: NextPair;
  /** A JPEG: left half as it was, right half as it is now. Null when there is none soon. */
  readonly preview: () => Promise<Uint8Array | null>;
}

export type JobState = JobStanding | { readonly is: 'live'; readonly progress: LiveProgress | null };

export interface FileJob {
  readonly job: Job;
  readonly info: SourceSummary;
}

/** A file that was restored, and what from. */
export interface FinishedFile extends FileJob {
  readonly label: string;
  readonly result: Result;
}

interface Ended {
  readonly id: string;
  /** Without the ways to a node that may be gone. */
  readonly entry: Omit<JobEntry, 'state' | 'control' | 'preview' | 'pair'>;
  readonly outcome: Outcome;
}

/** Jobs that have ended are shown until there are more than this. */
const MAX_ENDED = 20;

const running = new Map<string, JobEntry>();
let ended: readonly Ended[] = [];

/** Puts a job up. Answers with the ways to take it down: over, or only put aside. */
export function registerJob(entry: JobEntry): RegisteredJob {
  const id = randomUUID();
  running.set(id, entry);
  return {
    end(outcome) {
      if (!running.delete(id)) return;
      const { node, stage, label, model, file } = entry;
      ended = [{ id, entry: { node, stage, label, model, file }, outcome }, ...ended].slice(0, MAX_ENDED);
    },
    remove: () => void running.delete(id),
  };
}

export interface RegisteredJob {
  readonly end: (outcome: Outcome) => void;
  readonly remove: () => void;
}

/** Everything on the board: what runs and waits in the order it came, then what has ended, newest first. */
export const listJobs = (): readonly Record<string, unknown>[] => [
  ...[...running].map(([id, entry]) => {
    const state = entry.state();
    return { ...headOf(id, entry), ...lineOf(state, entry.file), compare: isAtWork(state) };
  }),
  ...ended.map(({ id, entry, outcome }) => ({
    ...headOf(id, entry),
    ...endOf(outcome),
    compare: finishedFile(id) !== null,
  })),
];

/** Throws for a job that is not there, or for which this means nothing now. */
export function controlJob(id: string, action: unknown): void {
  const entry = running.get(id);
  if (!entry) throw noJob();
  const known = actionsFor(entry.state()).find((one) => one === action);
  if (known === undefined) {
    throw new RemasterError('BAD_SETTING', `This job cannot ${String(action).slice(0, 20)} now.`, {
      remedy: 'Look at the jobs again: it may have changed meanwhile.',
    });
  }
  entry.control(known);
}

/** The finished job of this number; null when there is none, or it has been forgotten. */
export function finishedFile(id: string): FinishedFile | null {
  const { entry, outcome } = ended.find((one) => one.id === id) ?? {};
  if (!entry?.file || outcome?.status !== 'done') return null;
  return { label: entry.label, ...entry.file, result: outcome.result };
}

/** The job of this number if it is not over, to state at its pictures. */
export const activeJob = (id: string): Pick<JobEntry, 'label' | 'pair'> | null => running.get(id) ?? null;

/** A preview of the job that runs in this video upscale node; the newest, when there are several. */
export async function previewOf(stage: string): Promise<Uint8Array | null> {
  const all = [...running.values()].filter((entry) => entry.stage === stage);
  const entry = all.findLast(({ state }) => isAtWork(state()));
  return entry ? entry.preview() : null;
}

/** A node inside a subflow runs under another id than the one it is edited under. */
export const editorId = ({ id, _alias }: { readonly id: string; readonly _alias?: string }): string => _alias ?? id;

export const noJob = (): RemasterError =>
  new RemasterError('PLAN_STAGE_GONE', 'There is no such job any more.', { remedy: 'Look at the jobs again.' });

const isAtWork = ({ is }: JobState): boolean => is === 'running' || is === 'live';

const headOf = (id: string, { node, label, model }: Ended['entry']) => ({ id, node, label, model });

function actionsFor({ is }: JobState): readonly JobAction[] {
  switch (is) {
    case 'running':
    case 'queued':
      return ['pause', 'stop'];
    case 'paused':
      return ['resume', 'stop'];
    case 'live':
      return ['stop'];
    case 'empty':
      return [];
  }
}

function lineOf(state: JobState, file: FileJob | null): Record<string, unknown> {
  const actions = actionsFor(state);
  switch (state.is) {
    case 'empty': // it ends at this moment
      return { is: 'running', actions };
    case 'queued':
      return {
        is: 'queued',
        actions,
        position: state.position,
        expected: file && estimateSeconds(file.job, file.info),
      };
    case 'running':
    case 'paused': {
      const { is, progress } = state;
      if (!progress) return { is, actions };
      const { stage, frame, fps, eta, cacheStats } = progress;
      return { is, actions, stage, frame, percent: percent(progress), fps, eta, cacheShare: cacheStats?.share ?? null };
    }
    case 'live': {
      const { is, progress } = state;
      if (!progress) return { is, actions };
      const { camera, fps, latency, dropped, dropShare, cacheStats } = progress;
      const said = camera.is === 'waiting' ? camera.message : null;
      return {
        is,
        actions,
        camera: camera.is,
        said,
        fps,
        latency,
        dropped,
        dropShare,
        cacheShare: cacheStats?.share ?? null,
      };
    }
  }
}

function endOf(outcome: Outcome): Record<string, unknown> {
  switch (outcome.status) {
    case 'done': {
      const { elapsed, framesOut, fps, cacheStats, warnings } = outcome.result;
      return { is: 'done', elapsed, frame: framesOut, fps, cacheShare: cacheStats?.share ?? null, warnings };
    }
    case 'stopped':
      return { is: 'stopped' };
    case 'failed':
      return { is: 'failed', said: errorRecord(outcome.error).message };
  }
}
