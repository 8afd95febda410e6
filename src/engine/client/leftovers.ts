import { rm } from 'node:fs/promises';
import type { Reply } from '../protocol';

/** Processes and paths that an engine process has reported, to clean up after a crash. */
export class Leftovers {
  readonly #children = new Set<number>();
  readonly #paths = new Set<string>();

  note(reply: Extract<Reply, { readonly type: 'child' | 'temporaryPath' }>): void {
    if (reply.type === 'child') this.#children[reply.alive ? 'add' : 'delete'](reply.pid);
    else this.#paths[reply.gone ? 'delete' : 'add'](reply.path);
  }

  /** Kills the processes and deletes the paths that are not gone. */
  async cleanUp(): Promise<void> {
    for (const pid of this.#children) kill(pid);
    for (const path of this.#paths) await rm(path, { recursive: true, force: true }).catch(() => {}); // the next job there reports it
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has exited already
  }
}
