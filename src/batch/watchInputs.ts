import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deferred, deferred } from '../async/deferred';
import { type BatchInput, findSources, type FoundSources, type ResultsFolder, type Source } from './findSources';

/** Seconds between two looks at all inputs. Changes that the system reports are seen at once. */
const POLL_SECONDS = 5;
/** Most folders whose changes the system reports: Linux allows a user 8192 or more. */
const MAX_WATCHED = 1000;

interface Seen {
  readonly stamp: string;
  /** Since when it has not changed. */
  readonly sinceMs: number;
  isAdded: boolean;
}

/**
 * Looks for new and changed files until `signal` is aborted, and passes each on when it has not changed for `settle` seconds.
 * Those of the batch, `known`, are passed on only if they change. `add` returns the keys of the files that run.
 */
export async function watchInputs(
  inputs: () => readonly BatchInput[],
  results: ResultsFolder,
  settle: number,
  known: () => readonly Source[],
  add: (found: FoundSources) => Promise<ReadonlySet<string>>,
  signal: AbortSignal,
): Promise<void> {
  const files = new Map<string, Seen>();
  using changes = new FolderChanges();
  while (!signal.aborted) {
    const found = await findSources(inputs(), results, true);
    for (const source of known())
      if (!files.has(source.key)) files.set(source.key, { stamp: stampOf(source), sinceMs: 0, isAdded: true });
    changes.watch([...found.sources.map(({ path }) => dirname(path)), ...inputs().map(({ path }) => path)]);
    const settled = found.sources.filter((source) => isSettled(files, source, 1000 * settle));
    const running = settled.length > 0 ? await add({ sources: settled, unreadable: [] }) : new Set();
    // One that has changed while it was restored fails, and is added again then.
    for (const [key, seen] of files)
      if (running.has(key) && settled.some((one) => one.key === key)) seen.isAdded = false;
    const isWaiting = [...files.values()].some(({ isAdded }) => !isAdded);
    await changes.next(isWaiting ? Math.min(POLL_SECONDS, settle / 2) : POLL_SECONDS, signal);
  }
}

/** Whether a file is to be added now. */
function isSettled(files: Map<string, Seen>, source: Source, settleMs: number): boolean {
  const now = performance.now();
  const seen = files.get(source.key);
  const stamp = stampOf(source);
  if (seen?.stamp !== stamp) files.set(source.key, { stamp, sinceMs: now, isAdded: false });
  else if (!seen.isAdded && now - seen.sinceMs >= settleMs) return (seen.isAdded = true);
  return false;
}

const stampOf = ({ bytes, modifiedMs }: Source): string => `${bytes} ${modifiedMs}`;

/** Reports of the system that something has changed in a folder. They only make the next look come earlier. */
class FolderChanges implements Disposable {
  readonly #watchers = new Map<string, FSWatcher>();
  #changed: Deferred<void> = deferred();

  watch(folders: readonly string[]): void {
    for (const folder of new Set(folders)) {
      if (this.#watchers.has(folder) || this.#watchers.size >= MAX_WATCHED) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#changed.resolve());
        watcher.on('error', () => this.#forget(folder)); // it was removed, or the system has no more watches
        this.#watchers.set(folder, watcher);
      } catch {
        // not on every file system: then only the regular looks find changes
      }
    }
  }

  /** Settles after `seconds`, or soon after a change: a copy reports one for each block. */
  async next(seconds: number, signal: AbortSignal): Promise<void> {
    const end = sleep(1000 * seconds, undefined, { signal }).catch(() => {});
    await Promise.race([end, this.#changed.promise]);
    this.#changed = deferred();
    await Promise.race([end, sleep(Math.min(200, 1000 * seconds), undefined, { signal }).catch(() => {})]);
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
