import { basename } from 'node:path';
import type { BatchFile } from '../../src/batch/batchFile';
import type { Move } from '../../src/batch/fileQueue';
import type { BatchTotals } from '../../src/batch/totals';
import { RemasterError } from '../../src/errors';
import { show } from '../../src/settings/showValue';
import { percent } from '../message/status';
import { noSuchJob } from './jobRegistry';

/** What the sidebar may ask of a batch; of one of its files: `retry`, `move`. */
export const BATCH_ACTIONS = ['pause', 'resume', 'stop', 'retry', 'clear', 'move'] as const;
export const MOVES: readonly Move[] = ['first', 'up', 'down', 'last'];

/** `watching`: all files are done, and new ones are waited for. `over`: nothing is left of it but its list. */
export type BatchState = 'running' | 'paused' | 'watching' | 'over';

export interface BatchOrder {
  readonly action: (typeof BATCH_ACTIONS)[number];
  /** Null: the whole batch. */
  readonly file: number | null;
  readonly to: Move | null;
}

/** A batch as its node registers it. */
export interface BatchEntry {
  /** Id of the node, as the editor knows it. */
  readonly node: string;
  readonly label: string;
  readonly model: () => string;
  readonly state: () => BatchState;
  readonly files: () => readonly BatchFile[];
  readonly totals: () => BatchTotals;
  readonly control: (order: BatchOrder) => void;
  /** The text without the values of environment variables. */
  readonly hide: (text: string) => string;
}

/** Rows of one batch in the sidebar. More are found by searching. */
const MAX_ROWS = 100;

/** The batches of this Node-RED, for the sidebar. */
export class BatchRegistry {
  readonly #batches = new Map<string, BatchEntry>();

  /** Returns a function that removes it. `id`: of the node. */
  register(id: string, entry: BatchEntry): () => void {
    this.#batches.set(id, entry);
    return () => {
      if (this.#batches.get(id) === entry) this.#batches.delete(id);
    };
  }

  /** Those with files. `search`: only files with this text in their paths are listed. */
  list(search = ''): readonly Record<string, unknown>[] {
    const shown = [...this.#batches].filter(([, entry]) => entry.files().length > 0 || entry.state() !== 'over');
    return shown.map(([id, entry]) => rowOf(id, entry, search.toLowerCase()));
  }

  /** Throws for an unknown batch, and BAD_SETTING for an order that is none. */
  control(id: string, body: unknown): void {
    const entry = this.#batches.get(id);
    if (!entry) throw noSuchJob();
    entry.control(orderOf(body));
  }
}

function orderOf(body: unknown): BatchOrder {
  const { action, file = null, to = null } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const known = BATCH_ACTIONS.find((one) => one === action);
  const isFile = file === null || Number.isSafeInteger(file);
  const move = MOVES.find((one) => one === to) ?? null;
  if (known === undefined || !isFile || (known === 'move' && (move === null || file === null)))
    throw new RemasterError('BAD_SETTING', `The action ${show(action)} is not possible for a batch.`);
  return { action: known, file: file as number | null, to: move };
}

function rowOf(id: string, entry: BatchEntry, search: string): Record<string, unknown> {
  const { node, label } = entry;
  const model = entry.model();
  const is = entry.state();
  const { eta, share, ...counts } = entry.totals();
  const found = entry.files().filter(({ input }) => search === '' || input.toLowerCase().includes(search));
  const sorted = found.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return {
    ...{ id, node, label, model, is, counts, eta: is === 'running' ? eta : null },
    percent: share === null ? null : Math.floor(100 * share),
    actions: actionsFor(is, counts),
    files: sorted.slice(0, MAX_ROWS).map((file) => fileRow(file, entry.hide)),
    more: Math.max(0, found.length - MAX_ROWS),
  };
}

const ORDER: readonly BatchFile['state'][] = ['running', 'waiting', 'failed', 'done', 'skipped'];

function actionsFor(is: BatchState, counts: Omit<BatchTotals, 'eta' | 'share'>): readonly string[] {
  const isOpen = is !== 'over';
  return [
    ...(is === 'running' || is === 'watching' ? ['pause'] : is === 'paused' ? ['resume'] : []),
    ...(counts.failed > 0 ? ['retry'] : []),
    ...(counts.done + counts.skipped > 0 || (!isOpen && counts.failed > 0) ? ['clear'] : []),
    ...(isOpen ? ['stop'] : []),
  ];
}

function fileRow(file: BatchFile, hide: BatchEntry['hide']): Record<string, unknown> {
  const { id, input, state, error, seconds, progress } = file;
  const path = hide(input);
  return {
    ...{ id, name: basename(path), path, is: state, elapsed: seconds, said: error && hide(error.message) },
    ...(progress && { percent: percent(progress), eta: progress.eta, fps: progress.fps }),
  };
}
