import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type FoundLock, readLock } from './lockFile';

/** What the thread needs to write to the lock. */
export interface Heartbeat {
  readonly path: string;
  readonly content: string;
  readonly beatMs: number;
}

/** Writes to the lock regularly, from a thread: inference can block the event loop of this process for minutes. */
export function startHeartbeat(workerData: Heartbeat): { stop(): Promise<void> } {
  const worker = new Worker(join(__dirname, 'lockHeartbeatThread.js'), { workerData });
  worker.unref();
  worker.on('error', () => {}); // without it another process may take the lock over, and `assertHeld` says so
  return {
    async stop() {
      worker.ref(); // otherwise this process could end before the promise is settled
      await worker.terminate();
    },
  };
}

/**
 * Watches a lock whose holder cannot be seen: it is held if its holder writes to it, and stale if its time stands still
 * for `limitMs`. `now` is the clock of the file system; compared with it, a lock may be old enough at once.
 */
export async function watchLock(
  path: string,
  found: FoundLock,
  { now, limitMs }: { readonly now: number; readonly limitMs: number },
  signal: AbortSignal,
): Promise<'held' | 'stale' | 'replaced'> {
  if (now - found.mtimeMs > limitMs) return 'stale';
  const end = performance.now() + limitMs;
  do {
    await sleep(limitMs / 30, undefined, { signal }).catch(() => signal.throwIfAborted());
    const current = await readLock(path);
    if (current?.content !== found.content) return 'replaced';
    if (current.mtimeMs !== found.mtimeMs) return 'held';
  } while (performance.now() < end);
  return 'stale';
}
