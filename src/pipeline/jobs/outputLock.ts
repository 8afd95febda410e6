import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RemasterError } from '../../errors';
import { isRunning } from '../../files/owner';
import { createLock, type FoundLock, readLock, removeOwnLock, removeStaleLock } from './lockFile';
import { startHeartbeat, watchLock } from './lockHeartbeat';
import { type LockHolder, newHolder } from './lockHolder';
import { unwritable } from './outputErrors';

/** The lock of a work folder. One process at a time holds it; it can be taken over when its holder is gone. */
export interface OutputLock {
  /**
   * Throws OUTPUT_BUSY if another process has taken the lock over meanwhile, because this one was suspended. Called
   * before each commit and publish.
   */
  assertHeld(): Promise<void>;
  /** Removes the lock file, if it is still ours. Never throws for a folder that is gone. */
  release(): Promise<void>;
}

export interface LockTiming {
  /** How often the holder writes to its lock. */
  readonly beatMs?: number;
  /** A lock that was not written to for this long is stale, if its holder cannot be checked directly. */
  readonly staleMs?: number;
}

/** A lock that cannot be parsed was not made in one step: on a file system without hard links it may become complete. */
const INCOMPLETE_MS = 1000;
/** Each further attempt means that another process has taken or released the lock in the same instant. */
const ATTEMPTS = 5;
/** A process that judged the previous lock may have moved ours away, and a third may have made one in that instant. */
const SETTLE_MS = 50;
/** While another process checks which lock it has moved, there is none. */
const MOVED = { attempts: 20, pauseMs: 50 };

/**
 * Takes the lock of `folder`, which exists. `target` is the output, for messages. Throws OUTPUT_BUSY, after up to
 * `staleMs` if the holder is in another container or on another host; rejects with the signal's reason when aborted
 * meanwhile.
 */
export async function lockOutput(
  folder: string,
  target: string,
  signal: AbortSignal,
  { beatMs = 5000, staleMs = 30_000 }: LockTiming = {},
): Promise<OutputLock> {
  signal.throwIfAborted();
  const path = join(folder, 'lock');
  const own = await newHolder();
  try {
    await take(path, own, target, staleMs, signal);
    await sleep(SETTLE_MS);
    await assertHeld(path, own, target);
    const heartbeat = startHeartbeat({ path, content: JSON.stringify(own), beatMs });
    return {
      assertHeld: () => assertHeld(path, own, target),
      async release() {
        await heartbeat.stop();
        await removeOwnLock(path, own);
      },
    };
  } catch (error) {
    await removeOwnLock(path, own).catch(() => {}); // the error before it is the one to report
    throw error;
  }
}

async function take(path: string, own: LockHolder, target: string, staleMs: number, signal: AbortSignal) {
  let holder: LockHolder | null = null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    signal.throwIfAborted();
    const now = await createLock(path, own);
    const found = await readLock(path);
    if (found === null) continue; // released or moved in the same instant
    holder = found.holder;
    if (holder?.token === own.token) return;
    const verdict = await judge(path, found, own, { now, staleMs }, signal);
    if (verdict === 'held') break;
    if (verdict === 'stale') await removeStaleLock(path, found);
  }
  throw busy(holder, target);
}

/** `now`: the clock of the file system. */
async function judge(
  path: string,
  found: FoundLock,
  own: LockHolder,
  { now, staleMs }: { readonly now: number; readonly staleMs: number },
  signal: AbortSignal,
): Promise<'held' | 'stale' | 'replaced'> {
  const running = found.holder && (await isRunning(found.holder, own));
  if (running !== null) return running ? 'held' : 'stale';
  const limitMs = found.holder ? staleMs : Math.min(INCOMPLETE_MS, staleMs);
  return watchLock(path, found, { now, limitMs }, signal);
}

async function assertHeld(path: string, own: LockHolder, target: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const holder = (await readLock(path))?.holder ?? null;
    if (holder?.token === own.token) return;
    if (holder === null) await stat(dirname(path)).catch(throwUnwritable(target)); // the disk may be gone
    if (holder !== null || attempt === MOVED.attempts) throw busy(holder, target);
    await sleep(MOVED.pauseMs);
  }
}

const throwUnwritable =
  (target: string) =>
  (cause: unknown): never => {
    throw unwritable(target, cause);
  };

function busy(holder: LockHolder | null, target: string): RemasterError {
  const details = holder && ` (process ${holder.pid} on host ${holder.host}, since ${holder.since})`;
  return new RemasterError('OUTPUT_BUSY', `Another job${details ?? ''} is writing ${target}.`, {
    remedy: 'Wait until it has finished, or choose another name.',
  });
}
