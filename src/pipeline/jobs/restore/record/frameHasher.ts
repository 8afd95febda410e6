import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { raceWith } from '../../../../async/raceWith';
import { RemasterError } from '../../../../errors';
import type { HashRequest } from './hashThread';

/** Hashes frames, one after the other. */
export interface FrameHasher extends AsyncDisposable {
  /** The sha256 of the bytes, which are copied before this returns. The next call waits for the promise. */
  hash(data: Uint8Array): Promise<string>;
}

/**
 * In a thread: of a frame of 2880×2304, hashing takes 26 ms, in which this thread could do nothing else; the copy takes 5.
 */
export function frameHasher(): FrameHasher {
  const worker = new Worker(join(__dirname, 'hashThread.js'));
  worker.unref();
  const unlessFailed = raceWith(
    once(worker, 'error').then(([cause]: unknown[]) => {
      throw new RemasterError('INTERNAL', 'The thread that hashes frames has failed.', { cause });
    }),
  );
  let shared = new SharedArrayBuffer(0);
  return {
    async hash(data) {
      if (shared.byteLength < data.length) shared = new SharedArrayBuffer(data.length);
      new Uint8Array(shared).set(data);
      worker.ref();
      const answer = once(worker, 'message');
      worker.postMessage({ shared, bytes: data.length } satisfies HashRequest);
      const [hash] = (await unlessFailed(answer)) as [string];
      worker.unref();
      return hash;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
