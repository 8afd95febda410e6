import type { ChildProcess } from 'node:child_process';

/** Called for every started and exited process, so that another process can kill it if this one dies. */
export type ChildListener = (pid: number, alive: boolean) => void;
let listener: ChildListener = () => {};
export const onChild = (next: ChildListener): void => void (listener = next);

/** Tells the listener of a process that was just started, and when it has exited. */
export function noteChild(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return; // it could not be started
  listener(pid, true);
  child.once('exit', () => listener(pid, false));
}
