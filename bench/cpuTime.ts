import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

/** Processor time, in nanoseconds. */
export interface CpuTime {
  readonly scheduling: number;
  /** Of all other threads of the process, those that have ended included. */
  readonly others: number;
}

/** What the threads of this process have used so far; the main thread is the one that schedules. Linux only. */
export function cpuTime(): CpuTime {
  const { user, system } = process.cpuUsage();
  const scheduling = threadTime(process.pid);
  return { scheduling, others: Math.max(0, (user + system) * 1000 - scheduling) };
}

/** The first number of `schedstat` is the time on a processor, exact to the nanosecond. */
const threadTime = (id: number): number =>
  Number(readFileSync(`/proc/self/task/${id}/schedstat`, 'utf8').split(' ')[0]);

export const sinceThen = (now: CpuTime, then: CpuTime): CpuTime => ({
  scheduling: now.scheduling - then.scheduling,
  others: now.others - then.others,
});

/** What an ffmpeg of a job does. */
export type Role = 'decoder' | 'encoder' | 'other';

/** Writes a program at `path` that runs `ffmpeg`, and notes its processor time and role in a log. Returns the path of the log. */
export function writeMeasuredFfmpeg(path: string, ffmpeg: string): string {
  const log = `${path}.log`;
  const script = [
    '#!/bin/sh',
    `"${ffmpeg}" "$@"`,
    'code=$?',
    'case "$*" in',
    '  *framecrc*pipe:3*) role=decoder ;;',
    '  *"-i pipe:0"*) role=encoder ;;',
    '  *) role=other ;;',
    'esac',
    // The second line of `times` is the time of the children.
    `{ echo "role $role"; times; } >> "${log}"`,
    'exit $code',
  ];
  writeFileSync(log, '');
  writeFileSync(path, script.join('\n'));
  chmodSync(path, 0o755);
  return log;
}

/** The processor time of each role in the log, in nanoseconds, since the log was last read. The log is emptied. */
export function readMeasuredTimes(log: string): Readonly<Record<Role, number>> {
  const total: Record<Role, number> = { decoder: 0, encoder: 0, other: 0 };
  for (const [, role, children] of readFileSync(log, 'utf8').matchAll(/^role (\w+)\n.*\n(.*)$/gm)) {
    for (const [, minutes, seconds] of children!.matchAll(/(\d+)m([\d.]+)s/g))
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written above
      total[role as Role] += (Number(minutes) * 60 + Number(seconds)) * 1e9;
  }
  writeFileSync(log, '');
  return total;
}

/** Resident memory of this process, in MiB, at its highest so far. */
export const peakMemory = (): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
