import { deferred } from './deferred';

/**
 * Returns a function that settles like its promise, or rejects with the error of `end` if that comes first. For an `end` that
 * outlives many calls: `Promise.race` would leave something on it with each of them, until it settles.
 */
export function raceWith(end: Promise<unknown>): <T>(work: Promise<T>) => Promise<T> {
  const waiting = new Set<(error: unknown) => void>();
  let hasFailed = false;
  let reason: unknown;
  end.catch((error: unknown) => {
    hasFailed = true;
    reason = error;
    for (const reject of waiting) reject(error);
  });
  return async (work) => {
    const { promise, reject } = deferred<never>();
    waiting.add(reject);
    if (hasFailed) reject(reason);
    try {
      return await Promise.race([work, promise]);
    } finally {
      waiting.delete(reject);
    }
  };
}
