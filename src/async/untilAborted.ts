/** Settles like `work`, or rejects with the reason of the first signal that aborts. The work itself goes on. */
export async function untilAborted<T>(work: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  const ends = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    for (const signal of signals) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any value can be a reason
      const stop = (): void => reject(signal.reason as Error);
      if (signal.aborted) stop(); // it has no event any more
      signal.addEventListener('abort', stop, { signal: ends.signal });
    }
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    ends.abort();
  }
}
