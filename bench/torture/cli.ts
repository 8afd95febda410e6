import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(__dirname, '../../src/cli/main.js');

/** How a run of the command line ended. */
export interface CliEnd {
  /** Null: it was killed, because it ran longer than its limit. */
  readonly code: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly stderr: string;
}

interface CliOptions {
  readonly limitMs: number;
  /** User and group. */
  readonly user: number | null;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs `remaster … --json`. */
export async function runCli(args: readonly string[], { limitMs, user, env }: CliOptions): Promise<CliEnd> {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(user !== null && { uid: user, gid: user }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return { code, error: errorIn(last), stderr };
}

function errorIn(line: string): CliEnd['error'] {
  try {
    return (JSON.parse(line) as { error?: NonNullable<CliEnd['error']> }).error ?? null;
  } catch {
    return null; // it was killed, or wrote no JSON
  }
}
