import { MessageChannel } from 'node:worker_threads';

/** A port without another end: memory that is transferred to it is freed. */
const nowhere = ((): MessageChannel['port1'] => {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.unref();
  return port1;
})();

/**
 * Frees the memory of an array at once; all its views have the length 0 from then on. Otherwise the memory of large frames is
 * freed when garbage is collected, and to free it in time Node.js collects after every third frame, in every thread.
 * Measured with 20 MB arrays: 0.6 instead of 3.6 ms each.
 */
export function freeBuffer(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) nowhere.postMessage(null, [buffer]);
}
