import { join } from 'node:path';
import { Worker, type TransferListItem } from 'node:worker_threads';
import { Semaphore } from '../../async/semaphore';
import { RemasterError } from '../../errors';
import type { Answer, Calls } from './threadMessages';

/** The caller's side of the session thread. */
export interface SessionThread {
  /** `transfer`: buffers that are transferred and must not be used again. */
  call<K extends keyof Calls>(
    what: K,
    args: Calls[K]['args'],
    transfer?: readonly TransferListItem[],
  ): Promise<Calls[K]['result']>;
  /** Acquired for every batch: one runs, one is ready, the others can still be aborted. */
  readonly semaphore: Semaphore;
  /** True once it has crashed or ended; calls then fail. */
  readonly ended: boolean;
  /** Ends the thread after all pending calls. */
  end(): void;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: RemasterError) => void;
}

/** Starts the thread. It keeps the process alive only while a call is pending. */
export function openSessionThread(script: string = join(__dirname, 'sessionThread.js')): SessionThread {
  // onnxruntime 1.30 reports its use to its makers and leaves .ses and mat-debug-*.log in the temporary folder unless the
  // environment says no. It reads that of the process, which a thread cannot set.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  const worker = new Worker(script);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let failure: RemasterError | null = null;

  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    return found;
  };
  const fail = (error: RemasterError): void => {
    failure ??= error;
    for (const id of waiting.keys()) settle(id)?.reject(error);
  };

  worker.unref();
  worker.on('message', (answer: Answer) => {
    if ('error' in answer) settle(answer.id)?.reject(RemasterError.from(answer.error));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the result belongs to the call of this id
    else settle(answer.id)?.resolve(answer.result as never);
  });
  worker.on('error', (cause) => fail(crashed(cause)));
  worker.on('exit', (code) => fail(crashed(new Error(`the thread ended with code ${code}`))));

  return {
    semaphore: new Semaphore(2),
    get ended() {
      return failure !== null;
    },
    call(what, args, transfer = []) {
      if (failure) return Promise.reject(failure);
      const id = ++lastId;
      worker.ref();
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, what, args }, transfer);
      });
    },
    end() {
      worker.postMessage(null);
    },
  };
}

function crashed(cause: Error): RemasterError {
  return new RemasterError('ENGINE_CRASHED', 'the thread that runs the model has crashed', {
    remedy: 'Try again; if it happens every time, choose the provider cpu or a smaller model.',
    detail: cause.stack ?? cause.message,
    cause,
  });
}
