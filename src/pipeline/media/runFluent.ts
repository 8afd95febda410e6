import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ifLate } from '../../async/ifLate';
import type { FluentJob, FluentReply } from './fluentProcess';
import { TextTail } from './textTail';

/** For one frame of a file. */
const LIMIT_MS = 60_000;

/**
 * Runs ffmpeg once, by fluent-ffmpeg, in a process that ends with this one. Returns null, or why it failed. Settles after
 * the process has ended; rejects with the signal's reason.
 */
export async function runFluent(job: FluentJob, signal: AbortSignal, limitMs = LIMIT_MS): Promise<string | null> {
  signal.throwIfAborted();
  const child = fork(join(__dirname, 'fluentProcess.js'), [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  const exited = once(child, 'exit');
  exited.catch(() => {}); // awaited below
  let reply: FluentReply | null = null;
  const stderr = new TextTail(child.stderr, 2048);
  let isLate = false;
  child.once('message', (message: FluentReply) => {
    reply = message;
    child.disconnect();
  });
  const stop = (): void => {
    if (child.connected) child.disconnect(); // it kills its ffmpeg and exits
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (child.pid !== undefined) child.send(job, () => {}); // one that cannot be started has an error event or exits
    await ifLate(exited, limitMs, () => {
      isLate = true;
      stop();
    });
  } catch (error) {
    return (error as Error).message;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  if (isLate) return `ffmpeg did not end within ${limitMs / 1000} s`;
  return reply === null ? stderr.text.trim() || 'the process ended' : (reply as FluentReply).error;
}
