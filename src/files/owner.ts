import { readFile, readlink } from 'node:fs/promises';

/** The process that has made a file. Null is what the platform does not tell. */
export interface Owner {
  readonly pid: number;
  /** When the process started, in clock ticks since the machine booted. */
  readonly start: number | null;
  /** Random, different after each boot. */
  readonly boot: string | null;
  readonly pidNamespace: string | null;
}

export async function thisProcess(): Promise<Owner> {
  const isOwnProc = (await unlessMissing(readlink('/proc/self'))) === String(process.pid);
  return {
    pid: process.pid,
    start: isOwnProc ? ((await processStatus('self'))?.start ?? null) : null,
    boot: isOwnProc
      ? ((await unlessMissing(readFile('/proc/sys/kernel/random/boot_id', 'utf8')))?.trim() ?? null)
      : null,
    pidNamespace: isOwnProc ? await unlessMissing(readlink('/proc/self/ns/pid')) : null,
  };
}

/**
 * Whether the process still runs; null if that cannot be seen from this one. A process number alone proves nothing:
 * another process, or this one in a container that was started again, may have the same.
 */
export async function isRunning(owner: Owner, own: Owner): Promise<boolean | null> {
  // A namespace's number is free again only after its last process has ended, so an equal one is no other living one.
  const isVisible = owner.boot === own.boot && owner.pidNamespace === own.pidNamespace;
  if (!isVisible || owner.start === null || own.boot === null || own.pidNamespace === null) return null;
  const status = await processStatus(owner.pid);
  if (status) return status.start === owner.start && !status.isDead;
  return exists(owner.pid) ? null : false; // /proc may hide the processes of other users (hidepid)
}

async function processStatus(pid: number | 'self'): Promise<{ start: number; isDead: boolean } | null> {
  const text = await unlessMissing(readFile(`/proc/${pid}/stat`, 'utf8'));
  if (text === null) return null;
  // The second field is the command's name in parentheses, which may contain spaces and parentheses.
  const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' '); // the third field and all others
  return { start: Number(fields[18]), isDead: /[ZXx]/.test(state) }; // field 22
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Other platforms have no such file, and some containers forbid reading it. */
const unlessMissing = (reading: Promise<string>): Promise<string | null> => reading.catch(() => null);
