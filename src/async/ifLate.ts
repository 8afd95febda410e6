/** Settles like `work`; calls `act` once if that takes longer than `ms`, for example to kill a process that hangs. */
export async function ifLate<T>(work: Promise<T>, ms: number, act: () => void): Promise<T> {
  const timer = setTimeout(act, ms);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
