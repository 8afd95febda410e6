import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Call } from '../../../async/threadCalls';
import { errorRecord } from '../../../errors';
import { type Composed, type ComposeRequest, type Composition, Compositor, type Part } from './compositor';

/** Calls to the thread. Bytes that are not shared are transferred, not copied, but for the sources. */
export interface CompositorCalls {
  /** A part of a batch that is composed later. */
  add: { args: { readonly batch: number; readonly part: Part }; result: null };
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
  const perform = (call: Call<CompositorCalls>): readonly Composed[] | null => {
    const parts = waiting.get(call.args.batch) ?? [];
    if (call.what === 'add') {
      waiting.set(call.args.batch, [...parts, call.args.part]);
      return null;
    }
    waiting.delete(call.args.batch);
    return compositor.compose({ ...call.args, parts });
  };
  port.on('message', (call: Call<CompositorCalls>) => {
    try {
      const result = perform(call);
      answer({ id: call.id, result }, result ?? []);
    } catch (error) {
      answer({ id: call.id, error: errorRecord(error) }, []);
    }
  });
}

if (parentPort) serve();
