import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../src/engine/client/engine';
import { binary } from './videos';

export interface Process {
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

export const isFfmpeg = ({ command }: Pick<Process, 'command'>): boolean => /ffmpeg/.test(command.split(' ')[0]!);
export const isEngine = ({ command }: Pick<Process, 'command'>): boolean =>
  /[\\/]engine[\\/]process[\\/]main\.js/.test(command);

/** Inherited by every process these tests start, so that processes of another run on the same machine do not count. */
const RUN = (process.env['REMASTER_TEST_RUN'] ??= `${process.pid}-${performance.now()}`);

function isOurs({ pid }: Process): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`REMASTER_TEST_RUN=${RUN}`);
  } catch {
    return false; // it exited in the meantime
  }
}

/** Processes these tests have started whose command line matches: `pid command line`. */
export const processes = (pattern: RegExp): string[] =>
  all()
    .filter((one) => pattern.test(one.command) && isOurs(one))
    .map(({ pid, command }) => `${pid} ${command}`);

/**
 * Processes that these tests have started, but for this one, whose command line or environment shows a word: `pid command
 * line`. Reads /proc, so it may be called often.
 */
export function revealingProcesses(word: string): string[] {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return ''; // it exited in the meantime
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
    .map((pid) => ({ pid, command: read(pid, 'cmdline'), environment: read(pid, 'environ') }))
    .filter(({ environment }) => environment.includes(`REMASTER_TEST_RUN=${RUN}`))
    .filter(({ command, environment }) => `${command} ${environment}`.includes(word))
    .map(({ pid, command }) => `${pid} ${command}`);
}

let proof: Promise<void> | undefined;

/** Engines that these tests started and that still run. Fails if it cannot detect a running one. */
export async function runningEngines(): Promise<string[]> {
  await (proof ??= proveSight());
  return processes(/./).filter((command) => isEngine({ command }));
}

/** Engines and ffmpegs that these tests started and that still run. Fails if it cannot detect a running one of each. */
export async function enginesAndFfmpegs(): Promise<string[]> {
  await (proof ??= proveSight());
  return all()
    .filter((one) => (isEngine(one) || isFfmpeg(one)) && isOurs(one))
    .map(({ pid, command }) => `${pid} ${command}`);
}

/** A pattern that matches nothing would let every check for leftovers pass, so detect a running engine and ffmpeg first. */
async function proveSight(): Promise<void> {
  const engine = createEngine();
  const { path } = await binary();
  const ffmpeg = spawn(path, ['-v', 'quiet', '-re', '-f', 'lavfi', '-i', 'testsrc', '-f', 'null', '-'], {
    stdio: 'ignore',
  });
  try {
    await engine.ask('models', {});
    const seen = all().filter(isOurs);
    assert.ok(
      seen.some((one) => one.pid === engine.pid && isEngine(one)),
      'a running engine is seen',
    );
    assert.ok(
      seen.some((one) => one.pid === ffmpeg.pid && isFfmpeg(one)),
      'a running ffmpeg is seen',
    );
  } finally {
    const ended = once(ffmpeg, 'exit');
    ffmpeg.kill('SIGKILL');
    await Promise.all([ended, engine.close()]);
  }
}

/** All descendants of a process. */
export function descendants(pid: number, among = all()): Process[] {
  return among.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...descendants(child.pid, among)]);
}

/** The busy engine: the one with an ffmpeg. */
export function workingEngine(pid: number): { readonly pid: number; readonly children: readonly number[] } | null {
  const among = all();
  const ffmpeg = descendants(pid, among).find(isFfmpeg);
  if (!ffmpeg) return null;
  return { pid: ffmpeg.parent, children: descendants(ffmpeg.parent, among).map((child) => child.pid) };
}

/** Waits until all of these have exited; returns those that have not. */
export async function stillThere(pids: readonly number[], limitMs: number): Promise<Process[]> {
  const end = Date.now() + limitMs;
  for (;;) {
    const left = all().filter(({ pid, command }) => pids.includes(pid) && !command.includes('<defunct>'));
    if (left.length === 0 || Date.now() > end) return left;
    await sleep(50);
  }
}
