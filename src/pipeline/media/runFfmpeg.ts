import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { ifLate } from '../../async/ifLate';
import { RemasterError } from '../../errors';
import { noteChild } from './children';
import type { FfmpegBinary } from './findFfmpeg';
import { TextTail } from './textTail';

/** A running ffmpeg. Disposing kills it if it still runs, and waits until it is gone. */
export interface Ffmpeg extends AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Of text. It is read in any case. */
  readonly stderr: Readable;
  /** File descriptors 3, 4, … of ffmpeg. */
  readonly pipes: readonly Readable[];
  /**
   * Resolves when ffmpeg has exited with success; rejects with ENCODE_FAILED or the signal's reason otherwise. Whether
   * the disk is full shows when the owner of the output tries to write there.
   */
  readonly ended: Promise<void>;
  /** The last 8 KiB of stderr. */
  readonly stderrTail: () => string;
  /** The signal that ended it: one of its own when it crashed; null when it exited or still runs. */
  readonly killedBy: () => NodeJS.Signals | null;
  /** Number of lines on stderr. */
  readonly stderrLineCount: () => number;
  /** Sends SIGTERM, so that ffmpeg logs off from a camera, and SIGKILL after `graceMs`. stdout must still be read. */
  quit(graceMs: number): Promise<void>;
}

const STDERR_TAIL = 8192; // characters

/** `pipeCount`: number of pipes besides stdin, stdout and stderr. */
export function runFfmpeg(binary: FfmpegBinary, args: readonly string[], signal: AbortSignal, pipeCount = 1): Ffmpeg {
  signal.throwIfAborted();
  const child = spawn(binary.path, ['-hide_banner', '-nostdin', '-loglevel', 'warning', ...args], {
    stdio: Array.from({ length: 3 + pipeCount }, () => 'pipe' as const),
    windowsHide: true,
  });
  noteChild(child);
  const stderr = new TextTail(child.stderr, STDERR_TAIL);
  const pipes = child.stdio.slice(3) as Readable[];
  for (const stream of [child.stdin, child.stdout, ...pipes]) stream.on('error', () => {}); // EPIPE: `ended` rejects with the reason

  const kill = (): void => {
    child.stdout.destroy(); // an ffmpeg blocked on a full stdout reacts only to this and to SIGKILL
    child.kill('SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => child.pid === undefined && resolve());
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new RemasterError('FFMPEG_MISSING', `${binary.path} could not be started: ${cause.message}`, { cause })),
    );
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve();
      else reject(failure(stderr.text, `code ${code}`, killedBy));
    });
  });
  ended.catch(() => {}); // callers need not await `ended`

  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    pipes,
    ended,
    stderrTail: () => stderr.text,
    killedBy: () => child.signalCode,
    stderrLineCount: () => stderr.lineCount,
    async quit(graceMs) {
      if (running(child)) child.kill('SIGTERM');
      await ifLate(closed, graceMs, kill);
    },
    async [Symbol.asyncDispose]() {
      if (running(child)) kill();
      child.stdout.destroy(); // 'close' never comes while a pipe still holds unread frames
      for (const pipe of pipes) pipe.destroy();
      await closed;
    },
  };
}

const running = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** Runs ffmpeg or ffprobe and returns its output, for short texts. The exit code is ignored. */
export async function runFfmpegForText(
  binary: Pick<FfmpegBinary, 'path'>,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ stdout: string; stderr: string }> {
  signal.throwIfAborted();
  const child = spawn(binary.path, ['-hide_banner', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    signal,
    killSignal: 'SIGKILL',
  });
  noteChild(child);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (texts[name].length < 1 << 26) texts[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        signal.aborted
          ? (signal.reason as Error)
          : new RemasterError('FFMPEG_MISSING', `${binary.path} could not be started: ${cause.message}`, { cause }),
      ),
    );
    child.once('close', () => (signal.aborted ? reject(signal.reason as Error) : resolve(texts)));
  });
}

/** Whether ffmpeg failed because something killed it, or because it crashed. */
export const wasKilled = ({ cause }: RemasterError): boolean => typeof cause === 'string';

function failure(stderr: string, how: string, killedBy: NodeJS.Signals | null): RemasterError {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return new RemasterError('ENCODE_FAILED', `ffmpeg ended with ${killedBy ?? how}${last ? `: ${last}` : ''}`, {
    detail: stderr,
    ...(killedBy !== null && { cause: killedBy }),
  });
}
