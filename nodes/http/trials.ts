import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorRecord } from '../../src/errors';
import type { Engine } from '../../src/engine/client/engine';
import { makeOwnedFolder } from '../../src/pipeline/jobs/ownedFolder';
import type { TryJob } from '../../src/settings/tryJob';
import { commandLine } from '../../src/tryout/commandLine';
import type { TryEvents } from '../../src/tryout/inNewFolder';
import { tryVideo } from '../../src/tryout/tryVideo';
import { type PendingTrial, writePage } from '../../src/tryout/writePage';

/** A try that the editor has started. */
interface EditorTrial {
  /** Of this process: the page while it is made, and in `page` the finished one. */
  readonly folder: string;
  readonly stop: AbortController;
  /** What the page shows until it is finished; null: it is. */
  pending: PendingTrial | null;
}

type TryOptions = Omit<Partial<TryJob>, 'input'> & Pick<TryJob, 'input'>;

/** Finished tries that are kept: the oldest is deleted for a new one. */
const KEPT = 3;
/** The folder of the finished page. */
const PAGE = 'page';

/** Tries of models that the editor has started: a new one stops the one that runs. */
export class Trials {
  readonly #trials = new Map<string, EditorTrial>();

  /**
   * Returns its id. `options`: a try without its output. `recordOf`: what a user may see of an error. Errors: those of the
   * temporary folder.
   */
  async start(engine: Engine, options: TryOptions, recordOf = errorRecord): Promise<string> {
    const folder = await makeOwnedFolder('try');
    await writePage(folder);
    for (const { stop } of this.#trials.values()) stop.abort(new Error('another try was started'));
    const trial: EditorTrial = {
      folder,
      stop: new AbortController(),
      pending: { running: { done: 0, of: 1, what: '' } },
    };
    const id = randomUUID();
    this.#trials.set(id, trial);
    void run(trial, engine, options, recordOf); // its page says how it ends
    await this.#forgetOldest();
    return id;
  }

  /** Where a file of a page is, or what stands in its place; null: there is no such try. */
  get(id: string): { readonly folder: string; readonly pending: PendingTrial | null } | null {
    const trial = this.#trials.get(id);
    if (!trial) return null;
    const { folder, pending } = trial;
    return { folder: pending === null ? join(folder, PAGE) : folder, pending };
  }

  /** Stops the one that runs. */
  close(): void {
    for (const { stop } of this.#trials.values()) stop.abort(new Error('Node-RED has stopped'));
  }

  async #forgetOldest(): Promise<void> {
    for (const [id, { folder, stop }] of this.#trials) {
      if (this.#trials.size <= KEPT) return;
      this.#trials.delete(id);
      stop.abort(new Error('it is too old'));
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Never rejects. Changes `trial.pending`. */
async function run(
  trial: EditorTrial,
  engine: Engine,
  options: TryOptions,
  recordOf: typeof errorRecord,
): Promise<void> {
  const events: TryEvents = {
    signal: trial.stop.signal,
    onProgress: (done, of, what) => void (trial.pending = { running: { done, of, what } }),
    commandOf: (one) => commandLine('restore', options.input, one),
  };
  try {
    await tryVideo({ ...options, output: join(trial.folder, PAGE) }, engine, events);
    trial.pending = null;
  } catch (error) {
    const { message, remedy } = recordOf(error);
    const { aborted, reason } = trial.stop.signal;
    trial.pending = { failed: aborted ? (reason as Error).message : `${message} ${remedy}`.trim() };
  }
}
