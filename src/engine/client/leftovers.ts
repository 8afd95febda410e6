import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from '../protocol';

/** How long killed processes may take to exit, in milliseconds. */
const EXIT_MS = 1000;

/** Processes and paths that an engine process has reported, to clean up after a crash. */
export class Leftovers {
  readonly #children = new Set<number>();
  readonly #paths = new Set<string>();

  note(reply: Extract<Reply, { readonly type: 'child' | 'temporaryPath' }>): void {
    if (reply.type === 'child') this.#children[reply.alive ? 'add' : 'delete'](reply.pid);
    else this.#paths[reply.gone ? 'delete' : 'add'](reply.path);
  }

  /** Kills the processes, waits until they have exited, and deletes the paths that are not gone. */
  async cleanUp(): Promise<void> {
    for (const pid of this.#children) isThere(pid, 'SIGKILL');
    const end = performance.now() + EXIT_MS;
    for (const pid of this.#children) while (isThere(pid) && performance.now() < end) await sleep(5);
    for (const path of this.#paths) await rm(path, { recursive: true, force: true }).catch(() => {}); // the next job there reports it
  }
}

/** Whether there is such a process, to which `signal` is sent. */
function isThere(pid: number, signal: NodeJS.Signals | 0 = 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has exited
  }
}
