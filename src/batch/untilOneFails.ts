/** Runs all until they end. The first that fails ends the others, and its error is thrown when they have ended. */
export async function untilOneFails(
  signal: AbortSignal,
  all: readonly ((signal: AbortSignal) => Promise<unknown>)[],
): Promise<void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const run = (one: (typeof all)[number]): Promise<unknown> =>
    one(both).catch((error: unknown) => {
      failures.push(error);
      stop.abort();
    });
  await Promise.all(all.map(run));
  if (failures.length > 0) throw failures[0];
}
