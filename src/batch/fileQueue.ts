import { isOver, type QueuedFile } from './batchFile';

/** Where a file is moved to among those that wait. */
export type Move = 'first' | 'up' | 'down' | 'last';

/** The files of a batch in their order. */
export class FileQueue {
  #files: QueuedFile[] = [];

  get files(): readonly QueuedFile[] {
    return this.#files;
  }

  /** Adds files at the end; each takes the place of one that has the same source and is over. */
  add(files: readonly QueuedFile[]): void {
    const keys = new Set(files.map(({ work }) => work?.source.key ?? null));
    const isReplaced = (file: QueuedFile): boolean =>
      isOver(file) && file.work !== null && keys.has(file.work.source.key);
    this.#files = [...this.#files.filter((file) => !isReplaced(file)), ...files];
  }

  find(id: number): QueuedFile | undefined {
    return this.#files.find((file) => file.id === id);
  }

  /** The first that waits. */
  next(): QueuedFile | undefined {
    return this.#files.find(({ state }) => state === 'waiting');
  }

  /** Returns false for a file that does not wait. */
  move(id: number, to: Move): boolean {
    const waiting = this.#files.filter(({ state }) => state === 'waiting');
    const from = waiting.findIndex((file) => file.id === id);
    if (from < 0) return false;
    const at = { first: 0, up: Math.max(0, from - 1), down: from + 1, last: waiting.length }[to];
    const [moved] = waiting.splice(from, 1);
    waiting.splice(at, 0, moved!);
    this.#files = this.#files.map((file) => (file.state === 'waiting' ? waiting.shift()! : file));
    return true;
  }

  /** Those that failed wait again, at the end; without an id, all. Returns how many. */
  retry(id?: number): number {
    const failed = this.#files.filter(
      (file) => file.state === 'failed' && file.work !== null && (id === undefined || file.id === id),
    );
    for (const file of failed) Object.assign(file, { state: 'waiting', error: null });
    this.#files = [...this.#files.filter((file) => !failed.includes(file)), ...failed];
    return failed.length;
  }

  /** Forgets the files that are over, but for those that failed. */
  clear(): void {
    this.#files = this.#files.filter((file) => !isOver(file) || file.state === 'failed');
  }
}
