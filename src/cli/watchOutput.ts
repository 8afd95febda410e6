import { printable } from '../errors';

/** Of a program that SIGPIPE has ended, as shells show it; Node.js ignores the signal. */
const READER_GONE = 141;
const NOT_WRITABLE = 4;

/** What stdout and stderr lead to. */
export interface Output {
  /** Aborted when it takes no more: its reader is gone, as `head` after its lines, or its disk is full. */
  readonly closed: AbortSignal;
  /** That of this process once it is closed, else null. */
  readonly exitCode: number | null;
}

/** Without it, Node.js ends with a stack trace. */
export function watchOutput(): Output {
  const stop = new AbortController();
  let exitCode: number | null = null;
  const close = (error: NodeJS.ErrnoException): void => {
    if (exitCode !== null) return; // every further write fails, too
    process.exitCode = exitCode = error.code === 'EPIPE' ? READER_GONE : NOT_WRITABLE;
    if (exitCode === NOT_WRITABLE) process.stderr.write(`The output cannot be written: ${printable(error.message)}\n`);
    stop.abort(new Error('the output is closed'));
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', close);
  return {
    closed: stop.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
