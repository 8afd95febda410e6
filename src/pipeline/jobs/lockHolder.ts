import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** The content of a lock. Null is what the platform does not tell. */
export interface LockHolder {
  /** Random, different for each lock. */
  readonly token: string;
  readonly pid: number;
  /** When the process started, in clock ticks since the machine booted. */
  readonly start: number | null;
  /** Random, different after each boot. */
  readonly boot: string | null;
  readonly pidNamespace: string | null;
  /** Only for messages: two containers or two machines can have the same name. */
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/** This process as the holder of a new lock. */
export async function newHolder(): Promise<LockHolder> {
  const isOwnProc = (await unlessMissing(readlink('/proc/self'))) === String(process.pid);
  return {
    token: randomUUID(),
    pid: process.pid,
    start: isOwnProc ? ((await processStatus('self'))?.start ?? null) : null,
    boot: isOwnProc
      ? ((await unlessMissing(readFile('/proc/sys/kernel/random/boot_id', 'utf8')))?.trim() ?? null)
      : null,
    pidNamespace: isOwnProc ? await unlessMissing(readlink('/proc/self/ns/pid')) : null,
    host: hostname(),
    since: new Date().toISOString(),
  };
}

/** Null if the text is not the content of a lock. */
export function parseHolder(text: string): LockHolder | null {
  try {
    const holder = JSON.parse(text) as Partial<LockHolder> | null;
    const { token, pid, start = null, boot = null, pidNamespace = null, host, since } = holder ?? {};
    const isComplete = [token, host, since].every((field) => typeof field === 'string') && Number.isSafeInteger(pid);
    return isComplete && pid! > 0
      ? { token: token!, pid: pid!, start, boot, pidNamespace, host: host!, since: since! }
      : null;
  } catch {
    return null;
  }
}

/**
 * Whether the holder's process still runs; null if that cannot be seen from this process. A process number alone proves
 * nothing: another process, or this one in a container that was started again, may have the same.
 */
export async function isRunning(holder: LockHolder, own: LockHolder): Promise<boolean | null> {
  // A namespace's number is free again only after its last process has ended, so an equal one is no other living one.
  const isVisible = holder.boot === own.boot && holder.pidNamespace === own.pidNamespace;
  if (!isVisible || holder.start === null || own.boot === null || own.pidNamespace === null) return null;
  const status = await processStatus(holder.pid);
  if (status) return status.start === holder.start && !status.isDead;
  return exists(holder.pid) ? null : false; // /proc may hide the processes of other users (hidepid)
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
