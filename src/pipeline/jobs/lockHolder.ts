import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Owner, thisProcess } from '../../files/owner';

/** The content of a lock. */
export interface LockHolder extends Owner {
  /** Random, different for each lock. */
  readonly token: string;
  /** Only for messages: two containers or two machines can have the same name. */
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/** This process as the holder of a new lock. */
export async function newHolder(): Promise<LockHolder> {
  return { token: randomUUID(), ...(await thisProcess()), host: hostname(), since: new Date().toISOString() };
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
