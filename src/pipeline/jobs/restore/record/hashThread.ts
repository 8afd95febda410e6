import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/** Bytes that both threads have, so that they are copied once. */
export interface HashRequest {
  readonly shared: SharedArrayBuffer;
  readonly bytes: number;
}

parentPort!.on('message', ({ shared, bytes }: HashRequest) => {
  const hash = createHash('sha256').update(new Uint8Array(shared, 0, bytes));
  parentPort!.postMessage(hash.digest('hex'));
});
