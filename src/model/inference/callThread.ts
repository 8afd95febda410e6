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

/** Copies a view of a larger buffer: transferring that buffer would detach all its views. */
export function ownedBytes(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = data;
  const isWhole = buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength;
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(data);
}
