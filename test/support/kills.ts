import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { workFolder } from '../../src/pipeline/jobs/workFolder';
import { enginesAndFfmpegs, processes } from './processes';
import { ff } from './videos';

export const TARGETS = ['command line', 'engine', 'encoder'] as const;
export type Target = (typeof TARGETS)[number];
export const SIGNALS = ['SIGKILL', 'SIGTERM'] as const;

const MAIN = join(__dirname, '../../src/cli/main.js');

export interface KillJob {
  readonly input: string;
  readonly output: string;
  readonly options: readonly string[];
}

export interface Ended {
  /** Null: ended by a signal. */
  readonly code: number | null;
  /** Whether a process was there to be killed. */
  readonly killed: boolean;
  readonly seconds: number;
  /** Frames taken over from earlier runs; null without a result. */
  readonly resumedFrom: number | null;
  readonly error: string | null;
  /** What it printed for its user. */
  readonly stderr: string;
}

interface Kill {
  readonly target: Target;
  readonly signal: (typeof SIGNALS)[number];
  /** After this time, or when so many segments are finished. */
  readonly at: { readonly seconds: number } | { readonly segments: number };
}

/** Runs `remaster restore` and kills one of its processes. Settles when all its processes are gone. */
export async function run({ input, output, options }: KillJob, kill: Kill | null): Promise<Ended> {
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN, 'restore', input, output, ...options, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let stderr = '';
  let killed = false;
  const isDue = (): boolean => kill !== null && 'segments' in kill.at && finishedSegments(output) >= kill.at.segments;
  const killNow = (): void => {
    killed ||= killOne(kill!.target, kill!.signal, child.pid!);
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (stderr += chunk));
  const retry = setInterval(() => isDue() && killNow(), 10); // there is no encoder between two segments
  const timer = kill && 'seconds' in kill.at ? setTimeout(killNow, 1000 * kill.at.seconds) : undefined;
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  clearInterval(retry);
  const seconds = (performance.now() - started) / 1000;
  for (let i = 0; i < 100 && (await enginesAndFfmpegs()).length > 0; i++) await sleep(100);
  const last = JSON.parse(text.trim().split('\n').at(-1) || '{}') as {
    result?: { resumedFrom: number };
    error?: { code: string; message: string };
  };
  const error = last.error ? `${last.error.code}: ${last.error.message}` : null;
  return { code, killed, seconds, resumedFrom: last.result?.resumedFrom ?? null, error, stderr };
}

function finishedSegments(output: string): number {
  try {
    const journal = JSON.parse(readFileSync(join(workFolder(output), 'journal.json'), 'utf8')) as {
      segments: unknown[];
    };
    return journal.segments.length;
  } catch {
    return 0; // there is none yet
  }
}

function killOne(target: Target, signal: NodeJS.Signals, cli: number): boolean {
  const pattern = target === 'engine' ? /engine[\\/]process[\\/]main\.js/ : /ffmpeg.*-f nut .*\.nut$/;
  const found = target === 'command line' ? [String(cli)] : processes(pattern);
  try {
    for (const line of found) process.kill(parseInt(line, 10), signal);
    return found.length > 0;
  } catch {
    return false; // it has just ended
  }
}

/** Differences from an uninterrupted run and leftovers: empty when all is well. */
export async function problems({ output }: KillJob, reference: string): Promise<string[]> {
  const hash = async (path: string): Promise<string> => (await ff('-i', path, '-f', 'framemd5', '-')).toString();
  const found: string[] = [];
  if (!existsSync(output)) return ['no output'];
  if ((await hash(output)) !== (await hash(reference))) found.push('other frames');
  if (existsSync(workFolder(output))) found.push('work folder left');
  const left = await enginesAndFfmpegs();
  if (left.length > 0) found.push(`left running: ${left.join(', ')}`);
  return found;
}
