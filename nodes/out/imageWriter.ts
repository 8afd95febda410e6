import { randomUUID } from 'node:crypto';
import type { NodeMessageInFlow, NodeStatus } from 'node-red';
import type { Engine } from '../../src/engine/client/engine';
import type { AssembleJob, AssembleResult } from '../../src/settings/assembleJob';
import { readImagePayload } from '../message/imagePayload';
import * as status from '../message/status';

/** Writes the images of messages to a video, in the order of the calls. After `discard` all calls reject. */
export class ImageWriter {
  readonly #id = randomUUID();
  readonly #abort = new AbortController();
  #turn: Promise<unknown>;
  #written = 0;

  constructor(
    private readonly engine: Engine,
    job: AssembleJob,
    private readonly show: (next: NodeStatus) => void,
  ) {
    show(status.starting);
    this.#turn = engine.ask('openAssembly', { id: this.#id, job }, this.#abort.signal);
    this.#turn.catch(() => {}); // reported with the first image
  }

  /** Rejects also if an earlier call did. */
  write(msg: NodeMessageInFlow): Promise<void> {
    return this.#next(async () => {
      const source = await readImagePayload(msg.payload, null);
      await this.engine.ask('addImage', { id: this.#id, source, time: timeOf(msg) }, this.#abort.signal);
      this.show(status.assembling(++this.#written));
    });
  }

  /** Completes the video. */
  async finish(): Promise<AssembleResult> {
    const result = await this.#next(() => {
      this.show({ fill: 'blue', shape: 'dot', text: 'finishing' });
      return this.engine.ask('closeAssembly', { id: this.#id, keep: true }, this.#abort.signal);
    });
    return result!;
  }

  /** Ends all calls with this reason and removes the file. */
  async discard(reason: unknown): Promise<void> {
    this.#abort.abort(reason);
    if (this.engine.pid === null) return;
    await this.engine.ask('closeAssembly', { id: this.#id, keep: false }).catch(() => {}); // the first error is reported
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      this.#abort.signal.throwIfAborted();
      return work();
    });
    this.#turn = result;
    return result;
  }
}

/** Seconds; null: the message has no usable time. */
function timeOf(msg: NodeMessageInFlow): number | null {
  const time = (msg['frame'] as { readonly time?: unknown } | undefined)?.time;
  return typeof time === 'number' && Number.isFinite(time) && time >= 0 ? time : null;
}
