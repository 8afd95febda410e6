import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Call } from '../../../async/threadCalls';
import { errorRecord } from '../../../errors';
import { type Composed, type ComposeRequest, type Composition, Compositor, type Part } from './compositor';

/** Calls to the thread. Bytes that are not shared are transferred, not copied, but for the sources. */
export interface CompositorCalls {
  /** A part of a batch that is composed later. It is not answered. */
  add: { args: { readonly batch: number; readonly part: Part } };
  compose: { args: Omit<ComposeRequest, 'parts'> & { readonly batch: number }; result: readonly Composed[] };
}

/** The thread that touches every pixel of the result, so that the thread that schedules need not. */
function serve(): void {
  const port = parentPort!;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- given by openCompositor
  const compositor = new Compositor(workerData as Composition);
  const waiting = new Map<number, Part[]>();
  const answer = (message: Answer, frames: readonly Composed[]): void => {
    const buffers = frames.map(({ data }) => data.buffer).filter((buffer) => buffer instanceof ArrayBuffer);
    port.postMessage(message, buffers);
  };
  port.on('message', (call: Call<CompositorCalls>) => {
    const parts = waiting.get(call.args.batch) ?? [];
    if (call.what === 'add') return waiting.set(call.args.batch, [...parts, call.args.part]);
    waiting.delete(call.args.batch);
    try {
      const result = compositor.compose({ ...call.args, parts });
      answer({ id: call.id, result }, result);
    } catch (error) {
      answer({ id: call.id, error: errorRecord(error) }, []);
    }
  });
}

if (parentPort) serve();
