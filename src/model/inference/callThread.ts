import type { SessionThread } from './openSessionThread';

/** Calls the thread with a permit of its semaphore, unless `signal` is aborted. */
export async function acquireThread<T>(
  thread: SessionThread,
  isUrgent: boolean,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  const release = await thread.semaphore.acquire(signal, isUrgent);
  try {
    signal.throwIfAborted();
    return await call();
  } finally {
    release();
  }
}
