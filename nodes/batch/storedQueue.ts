import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { SerialQueue } from '../../src/async/serialQueue';
import type { ErrorRecord } from '../../src/errors';
import type { Request } from './batchInputs';

/** The queue of a batch node, read after a restart of Node-RED. Finished files are in the journal of their folder. */
export interface StoredQueue {
  readonly requests: readonly Request[];
  /** Paths of the files that wait, in their order. */
  readonly order: readonly string[];
  readonly failed: readonly (readonly [path: string, error: ErrorRecord])[];
  readonly isPaused: boolean;
}

const VERSION = 1;

/** Keeps the queue of one node in the user directory of Node-RED. A file is complete or absent. */
export class QueueFile {
  readonly #folder: string;
  readonly #path: string;
  readonly #turns = new SerialQueue();

  constructor({ settings }: Pick<NodeAPI, 'settings'>, node: string) {
    const { userDir } = settings as { readonly userDir?: string };
    this.#folder = join(userDir ?? '.', 'remaster-batch');
    this.#path = join(this.#folder, `${node.replaceAll(/[^\w-]/g, '_')}.json`);
  }

  /** Null if there is none. */
  async read(): Promise<StoredQueue | null> {
    const text = await readFile(this.#path, 'utf8').catch(() => null);
    return text === null ? null : parse(text);
  }

  /** Null deletes it. */
  write(queue: StoredQueue | null): Promise<void> {
    return this.#turns.run(async () => {
      if (queue === null) return rm(this.#path, { force: true });
      await mkdir(this.#folder, { recursive: true });
      const file = await open(`${this.#path}.new`, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify({ version: VERSION, ...queue }));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${this.#path}.new`, this.#path);
    });
  }
}

function parse(text: string): StoredQueue | null {
  try {
    const { version, requests, order, failed, isPaused } = JSON.parse(text) as StoredQueue & { version: number };
    const isComplete = [requests, order, failed].every(Array.isArray) && typeof isPaused === 'boolean';
    const isKnown = ({ path, origin }: Request): boolean =>
      typeof path === 'string' && (origin === 'config' || origin === 'message');
    return version === VERSION && isComplete && requests.every(isKnown) ? { requests, order, failed, isPaused } : null;
  } catch {
    return null; // of a later version, or not ours
  }
}
