import { setTimeout as sleep } from 'node:timers/promises';

/** How long killed processes may take to exit, in milliseconds. */
const EXIT_MS = 1000;

/** The processes that run for this engine. Disposing kills those that are left, as of a probe, and waits until they are gone. */
export class ChildProcesses implements AsyncDisposable {
  readonly #running = new Set<number>();

  note(pid: number, alive: boolean): void {
    this.#running[alive ? 'add' : 'delete'](pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#running) kill(pid);
    const end = performance.now() + EXIT_MS;
    while (this.#running.size > 0 && performance.now() < end) await sleep(5);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has exited already
  }
}
