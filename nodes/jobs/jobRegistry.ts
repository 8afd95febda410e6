import { randomUUID } from 'node:crypto';
import type { SourceSummary } from '../../src/engine/protocol';
import { errorRecord, RemasterError } from '../../src/errors';
import type { LiveProgress } from '../../src/settings/liveJob';
import type { Job, Result } from '../../src/settings/restoreJob';
import { percent } from '../message/status';
import type { NextPair } from './jpegPair';
import type { Outcome, Standing } from './pendingJobs';
import { forecast } from './throughput';

/** What the sidebar of the editor can do with a job. */
export type Wish = 'pause' | 'resume' | 'stop';

/** A job as whoever runs it puts it up for all to see. */
export interface Notice {
  /** Id of the video out node, as the editor knows it. */
  readonly node: string;
  /** Id of the video upscale node, as the editor knows it. */
  readonly stage: string;
  readonly label: string;
  readonly model: string;
  /** What is restored; null: a camera. */
  readonly film: Film | null;
  readonly look: () => Look;
  readonly wish: (wish: Wish) => void;
  /** Before and after of the next frame. */
  readonly pair: NextPair;
  /** A JPEG: left half as it was, right half as it is now. Null when there is none soon. */
  readonly picture: () => Promise<Uint8Array | null>;
}

export type Look = Standing | { readonly is: 'live'; readonly progress: LiveProgress | null };

export interface Film {
  readonly job: Job;
  readonly info: SourceSummary;
}

/** A file that was restored, and what from. */
export interface Restored extends Film {
  readonly label: string;
  readonly result: Result;
}

interface Ended {
  readonly id: string;
  /** Without the ways to a node that may be gone. */
  readonly notice: Omit<Notice, 'look' | 'wish' | 'picture' | 'pair'>;
  readonly outcome: Outcome;
}

/** Jobs that have ended are shown until there are more than this. */
const KEPT = 20;

const running = new Map<string, Notice>();
let ended: readonly Ended[] = [];

/** Puts a job up. Answers with the ways to take it down: over, or only put aside. */
export function post(notice: Notice): Posted {
  const id = randomUUID();
  running.set(id, notice);
  return {
    end(outcome) {
      if (!running.delete(id)) return;
      const { node, stage, label, model, film } = notice;
      ended = [{ id, notice: { node, stage, label, model, film }, outcome }, ...ended].slice(0, KEPT);
    },
    off: () => void running.delete(id),
  };
}

export interface Posted {
  readonly end: (outcome: Outcome) => void;
  readonly off: () => void;
}

/** Everything on the board: what runs and waits in the order it came, then what has ended, newest first. */
export const rows = (): readonly Record<string, unknown>[] => [
  ...[...running].map(([id, notice]) => {
    const look = notice.look();
    return { ...headOf(id, notice), ...lineOf(look, notice.film), compare: isAtWork(look) };
  }),
  ...ended.map(({ id, notice, outcome }) => ({
    ...headOf(id, notice),
    ...endOf(outcome),
    compare: restoredAs(id) !== null,
  })),
];

/** Throws for a job that is not there, or for which this means nothing now. */
export function fulfil(id: string, wish: unknown): void {
  const notice = running.get(id);
  if (!notice) throw noJob();
  const known = wishesFor(notice.look()).find((one) => one === wish);
  if (known === undefined) {
    throw new RemasterError('BAD_SETTING', `This job cannot ${String(wish).slice(0, 20)} now.`, {
      remedy: 'Look at the jobs again: it may have changed meanwhile.',
    });
  }
  notice.wish(known);
}

/** The finished job of this number; null when there is none, or it has been forgotten. */
export function restoredAs(id: string): Restored | null {
  const { notice, outcome } = ended.find((one) => one.id === id) ?? {};
  if (!notice?.film || outcome?.status !== 'done') return null;
  return { label: notice.label, ...notice.film, result: outcome.result };
}

/** The job of this number if it is not over, to look at its pictures. */
export const pendingAs = (id: string): Pick<Notice, 'label' | 'pair'> | null => running.get(id) ?? null;

/** A preview of the job that runs in this video upscale node; the newest, when there are several. */
export async function pictureOf(stage: string): Promise<Uint8Array | null> {
  const all = [...running.values()].filter((notice) => notice.stage === stage);
  const notice = all.findLast(({ look }) => isAtWork(look()));
  return notice ? notice.picture() : null;
}

/** A node inside a subflow runs under another id than the one it is edited under. */
export const editorId = ({ id, _alias }: { readonly id: string; readonly _alias?: string }): string => _alias ?? id;

export const noJob = (): RemasterError =>
  new RemasterError('PLAN_STAGE_GONE', 'There is no such job any more.', { remedy: 'Look at the jobs again.' });

const isAtWork = ({ is }: Look): boolean => is === 'running' || is === 'live';

const headOf = (id: string, { node, label, model }: Ended['notice']) => ({ id, node, label, model });

function wishesFor({ is }: Look): readonly Wish[] {
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

function lineOf(look: Look, film: Film | null): Record<string, unknown> {
  const wishes = wishesFor(look);
  switch (look.is) {
    case 'empty': // it ends at this moment
      return { is: 'running', wishes };
    case 'queued':
      return { is: 'queued', wishes, position: look.position, expected: film && forecast(film.job, film.info) };
    case 'running':
    case 'paused': {
      const { is, progress } = look;
      if (!progress) return { is, wishes };
      const { stage, frame, fps, eta, memo } = progress;
      return { is, wishes, stage, frame, percent: percent(progress), fps, eta, memo: memo?.share ?? null };
    }
    case 'live': {
      const { is, progress } = look;
      if (!progress) return { is, wishes };
      const { camera, fps, latency, dropped, dropShare, memo } = progress;
      const said = camera.is === 'waiting' ? camera.message : null;
      return { is, wishes, camera: camera.is, said, fps, latency, dropped, dropShare, memo: memo?.share ?? null };
    }
  }
}

function endOf(outcome: Outcome): Record<string, unknown> {
  switch (outcome.status) {
    case 'done': {
      const { elapsed, framesOut, fps, memo, warnings } = outcome.result;
      return { is: 'done', elapsed, frame: framesOut, fps, memo: memo?.share ?? null, warnings };
    }
    case 'stopped':
      return { is: 'stopped' };
    case 'failed':
      return { is: 'failed', said: errorRecord(outcome.error).message };
  }
}
