import { join } from 'node:path';
import { openThread, ownedBytes } from '../../../async/threadCalls';
import { RemasterError } from '../../../errors';
import type { Composed, Composition, Part } from './compositor';
import type { CompositorCalls } from './compositorThread';

/** Makes frames of tiles in a thread. */
export interface CompositorThread {
  /** Starts a batch, whose parts can be added at any time. */
  batch(): Batch;
  /** Gives back a frame that it made, for `Composition.isRecycled`. Others are ignored. */
  recycle(data: Uint8Array): void;
  /** Ends the thread; frames that are not made yet never are. */
  close(): void;
}

export interface Batch {
  /** The bytes of the part must not be used again. */
  add(part: Part): void;
  /** Makes the frames of the batch from what was added. Batches must be composed in order. */
  compose(count: number, sources: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}

/** Starts the thread. Errors of all calls: ENGINE_CRASHED. */
export function openCompositor(
  composition: Composition,
  script: string = join(__dirname, 'compositorThread.js'),
): CompositorThread {
  const thread = openThread<CompositorCalls>(script, crashed, composition);
  const versions = new WeakMap<Uint8Array, number>();
  let lastBatch = 0;
  let spares: Composed[] = [];
  return {
    batch() {
      const batch = ++lastBatch;
      return {
        add(given) {
          const part = { ...given, data: ownedBytes(given.data) };
          thread.tell('add', { batch, part }, [part.data.buffer]);
        },
        async compose(count, sources) {
          const given = spares;
          spares = [];
          const made = await thread.call('compose', { batch, count, sources, spares: given });
          for (const { data, version } of made) versions.set(data, version);
          return made.map(({ data }) => data);
        },
      };
    },
    recycle(data) {
      const version = versions.get(data);
      if (version === undefined || data.buffer instanceof ArrayBuffer) return;
      versions.delete(data); // it is given back once
      spares.push({ data, version });
    },
    close: () => thread.terminate(),
  };
}

function crashed(cause: Error): RemasterError {
  return new RemasterError('ENGINE_CRASHED', 'the thread that puts frames together has crashed', {
    remedy: 'Try again; if it happens every time, choose a model with a smaller scale.',
    detail: cause.stack ?? cause.message,
    cause,
  });
}
