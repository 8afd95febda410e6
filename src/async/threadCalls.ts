import { Worker, type TransferListItem } from 'node:worker_threads';
import { type ErrorRecord, RemasterError } from '../errors';

/** A call as the thread gets it. `C`: arguments and result of every call, by its name. `id` 0: it is not answered. */
export type Call<C> = {
  [K in keyof C]: { readonly id: number; readonly what: K; readonly args: C[K] extends { args: infer A } ? A : never };
}[keyof C];

export type Answer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: ErrorRecord };

/** The caller's side of a thread that answers calls. */
export interface ThreadCalls<C> {
  /** `transfer`: buffers that are transferred and must not be used again. */
  call<K extends keyof C>(
    what: K,
    args: C[K] extends { args: infer A } ? A : never,
    transfer?: readonly TransferListItem[],
  ): Promise<C[K] extends { result: infer R } ? R : never>;
  /** A call that the thread does not answer. */
  tell<K extends keyof C>(
    what: K,
    args: C[K] extends { args: infer A } ? A : never,
    transfer?: readonly TransferListItem[],
  ): void;
  /** True once it has crashed or ended; calls then fail. */
  readonly ended: boolean;
  /** Ends the thread after all pending calls. */
  end(): void;
  /** Ends the thread at once; pending calls fail. */
  terminate(): void;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: RemasterError) => void;
}

/**
 * Starts a thread, which keeps the process alive only while a call is pending. `crashed`: the error of all calls that are
 * pending when it ends, and of later ones.
 */
export function openThread<C>(
  script: string,
  crashed: (cause: Error) => RemasterError,
  workerData: unknown = null,
): ThreadCalls<C> {
  const worker = new Worker(script, { workerData });
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
    tell(what, args, transfer = []) {
      worker.postMessage({ id: 0, what, args }, transfer);
    },
    end() {
      worker.postMessage(null);
    },
    terminate() {
      fail(crashed(new Error('the thread was ended')));
      void worker.terminate();
    },
  };
}

/** Copies a view of a larger buffer: transferring that buffer would detach all its views. */
export function ownedBytes(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = data;
  const isWhole = buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength;
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(data);
}
