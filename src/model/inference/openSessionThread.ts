import { join } from 'node:path';
import { Semaphore } from '../../async/semaphore';
import { openThread, type ThreadCalls } from '../../async/threadCalls';
import { RemasterError } from '../../errors';
import type { Calls } from './threadMessages';

/** The caller's side of the session thread. */
export interface SessionThread extends Omit<ThreadCalls<Calls>, 'tell' | 'terminate'> {
  /** Acquired for every batch: one runs, one is ready, the others can still be aborted. */
  readonly semaphore: Semaphore;
}

/** Starts the thread. It keeps the process alive only while a call is pending. */
export function openSessionThread(script: string = join(__dirname, 'sessionThread.js')): SessionThread {
  // onnxruntime 1.30 reports its use to its makers and leaves .ses and mat-debug-*.log in the temporary folder unless the
  // environment says no. It reads that of the process, which a thread cannot set.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  const thread = openThread<Calls>(script, crashed);
  return {
    semaphore: new Semaphore(2),
    get ended() {
      return thread.ended;
    },
    call: thread.call,
    end: thread.end,
  };
}

function crashed(cause: Error): RemasterError {
  return new RemasterError('ENGINE_CRASHED', 'the thread that runs the model has crashed', {
    remedy: 'Try again; if it happens every time, choose the provider cpu or a smaller model.',
    detail: cause.stack ?? cause.message,
    cause,
  });
}
