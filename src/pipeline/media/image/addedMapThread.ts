import { parentPort } from 'node:worker_threads';
import type { Answer, Call } from '../../../async/threadCalls';
import { errorRecord } from '../../../errors';
import type { RgbFrame } from '../frame';
import { type Added, addedMap } from './addedMap';

/** Calls to the thread. The pixels are transferred there and back, not copied. */
export interface AddedCalls {
  compare: {
    args: { readonly plain: RgbFrame; readonly after: RgbFrame };
    result: Added & { readonly map: RgbFrame; readonly plain: RgbFrame; readonly after: RgbFrame };
  };
}

parentPort?.on('message', ({ id, args: { plain, after } }: Call<AddedCalls>) => {
  const answer = (message: Answer, frames: readonly RgbFrame[]): void =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- none of them is shared
    parentPort!.postMessage(message, frames.map(({ data }) => data.buffer) as ArrayBuffer[]);
  try {
    const result: AddedCalls['compare']['result'] = { ...addedMap(plain, after), plain, after };
    answer({ id, result }, [plain, after, result.map]);
  } catch (error) {
    answer({ id, error: errorRecord(error) }, []);
  }
});
