import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { PassThrough, Readable, type Writable } from 'node:stream';
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
  /** Gives it the lowest priority: it runs when nothing else wants its core. */
  yieldCores(): void;
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
  const { stdin, stdout, stderr: messages, pipes } = streamsOf(child, pipeCount);
  const stderr = new TextTail(messages, STDERR_TAIL);
  for (const stream of [stdin, stdout, ...pipes]) stream.on('error', () => {}); // EPIPE: `ended` rejects with the reason

  const kill = (): void => {
    stdout.destroy(); // an ffmpeg blocked on a full stdout reacts only to this and to SIGKILL
    child.kill('SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.on('error', () => child.pid === undefined && resolve());
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) => child.pid === undefined && reject(notStarted(binary, cause)));
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve();
      else reject(failure(stderr.text, `code ${code}`, killedBy));
    });
  });
  ended.catch(() => {}); // callers need not await `ended`

  return {
    stdin,
    stdout,
    stderr: messages,
    pipes,
    ended,
    stderrTail: () => stderr.text,
    killedBy: () => child.signalCode,
    yieldCores() {
      try {
        for (const id of running(child) ? threadsOf(child.pid!) : []) setPriority(id, constants.priority.PRIORITY_LOW);
      } catch {
        // not permitted on some systems, or it has just ended
      }
    },
    async quit(graceMs) {
      if (running(child)) child.kill('SIGTERM');
      await ifLate(closed, graceMs, kill);
    },
    async [Symbol.asyncDispose]() {
      if (running(child)) kill();
      stdout.destroy(); // 'close' never comes while a pipe still holds unread frames
      for (const pipe of pipes) pipe.destroy();
      await closed;
    },
  };
}

/** Node gives no streams to a process that it cannot start for lack of file descriptors: then these are at their end. */
function streamsOf({ stdin, stdout, stderr, stdio }: ChildProcess, pipeCount: number) {
  const ended = (): Readable => Readable.from([]);
  return {
    stdin: stdin ?? new PassThrough().destroy(),
    stdout: stdout ?? ended(),
    stderr: stderr ?? ended(),
    // oxlint-disable-next-line typescript/no-unnecessary-condition -- the types do not know
    pipes: (stdio?.slice(3) as Readable[] | undefined) ?? Array.from({ length: pipeCount }, ended),
  };
}

const notStarted = ({ path }: Pick<FfmpegBinary, 'path'>, cause: Error): RemasterError =>
  new RemasterError('FFMPEG_MISSING', `${path} could not be started: ${cause.message}`, { cause });

/** Linux gives each thread a priority of its own. */
const threadsOf = (pid: number): readonly number[] =>
  process.platform === 'linux' ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid];

const running = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** Runs ffmpeg or ffprobe and returns its output, for short texts. The exit code is ignored. Settles when it has exited. */
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
    const stream = child[name] as Readable | null | undefined; // none: for lack of file descriptors
    stream?.setEncoding('utf8').on('data', (text: string) => {
      if (texts[name].length < 1 << 26) texts[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    // An abort is an error too, before the process has exited.
    child.on('error', (cause) => child.pid === undefined && reject(notStarted(binary, cause)));
    child.once('exit', () => signal.aborted && reject(signal.reason as Error));
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
