import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const all = (): Process[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, command]) => ({ pid: Number(pid), parent: Number(parent), command: command! }));

/** Everything a process has started, and what that has started. */
export function descendants(pid: number, processes = all()): Process[] {
  return processes
    .filter(({ parent }) => parent === pid)
    .flatMap((child) => [child, ...descendants(child.pid, processes)]);
}

/** The engine that works now: the one with an ffmpeg. */
export function workingEngine(pid: number): { readonly pid: number; readonly children: readonly number[] } | null {
  const processes = all();
  const ffmpeg = descendants(pid, processes).find(isFfmpeg);
  if (!ffmpeg) return null;
  return { pid: ffmpeg.parent, children: descendants(ffmpeg.parent, processes).map((child) => child.pid) };
}

export const isFfmpeg = ({ command }: Process): boolean => /ffmpeg/.test(command.split(' ')[0]!);

/** Waits until all of these are gone; answers with those that are not. */
export async function stillThere(pids: readonly number[], limitMs: number): Promise<Process[]> {
  const end = Date.now() + limitMs;
  for (;;) {
    const left = all().filter(({ pid, command }) => pids.includes(pid) && !command.includes('<defunct>'));
    if (left.length === 0 || Date.now() > end) return left;
    await sleep(50);
  }
}
