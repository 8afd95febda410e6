import { untilAborted } from './untilAborted';

/** Settles like `opening`, or rejects with the signal's reason; what opens after that is closed at once. */
export async function openUntilAborted<T extends AsyncDisposable>(
  opening: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await untilAborted(opening, signal);
  } catch (error) {
    opening.then((opened) => opened[Symbol.asyncDispose]()).catch(() => {}); // its caller waits no longer
    throw error;
  }
}
