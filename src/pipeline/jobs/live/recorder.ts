import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../errors';
import { lockOutput, type OutputLock } from '../outputLock';
import { openRetention, type Retention, type Segments } from './retention';

/** Recorders with one name in one folder. */
const MOST = 99;

/** A recorder's place in its folder. Disposing gives it free. */
export interface Recorder extends Retention, AsyncDisposable {
  /** With a name that no other recorder of this folder has. */
  readonly target: Segments;
}

/**
 * Takes a name in the folder of the recordings: the wanted one, or with a number if another recorder has it, so that
 * they neither overwrite nor count each other's files. Creates the folder.
 */
export async function openRecorder(wanted: Segments, signal: AbortSignal): Promise<Recorder> {
  const { folder } = wanted;
  await mkdir(folder, { recursive: true });
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted.name : `${wanted.name}-${number}`;
    const place = join(folder, `.${name}.recorder`);
    const lock = await take(place, number < MOST, signal);
    if (!lock) continue;
    const target = { ...wanted, name };
    const close = async (): Promise<void> => {
      await lock.release();
      await rmdir(place).catch(() => {}); // another recorder has it again
    };
    try {
      const { finished } = await openRetention(target);
      return { target, finished, [Symbol.asyncDispose]: close };
    } catch (error) {
      await close();
      throw error;
    }
  }
}

/** Null if another recorder holds the lock and `mayBeBusy`. */
async function take(place: string, mayBeBusy: boolean, signal: AbortSignal): Promise<OutputLock | null> {
  await mkdir(place, { recursive: true });
  try {
    return await lockOutput(place, place, signal);
  } catch (error) {
    if (mayBeBusy && error instanceof RemasterError && error.code === 'OUTPUT_BUSY') return null;
    throw error;
  }
}
