import { parentPort } from 'node:worker_threads';
import type { Call } from '../../src/async/threadCalls';
import type { DeviceCalls } from './standInDevice';

const nothing = new Int32Array(new SharedArrayBuffer(4));
const now = (): number => performance.timeOrigin + performance.now();

parentPort!.on('message', ({ id, args }: Call<DeviceCalls>) => {
  const from = now();
  Atomics.wait(nothing, 0, 0, args.ms); // blocks the thread, as onnxruntime does
  const data = new Uint8Array(args.bytes);
  parentPort!.postMessage({ id, result: { data, from, to: now() } }, [data.buffer]);
});
