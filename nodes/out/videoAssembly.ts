import { randomUUID } from 'node:crypto';
import type { NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import type { Engine } from '../../src/engine/client/engine';
import { RemasterError } from '../../src/errors';
import type { AssembleJob, AssembleResult } from '../../src/settings/assembleJob';
import { bytesLength } from '../../src/settings/imageBytes';
import { readImagePayload } from '../message/imagePayload';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';

/** A message with an image of a video, or with the end of its sequence. */
export interface ImageMessage {
  readonly msg: NodeMessageInFlow;
  readonly send: (msg: (NodeMessage | null)[]) => void;
  readonly done: (error?: Error) => void;
  readonly hasImage: boolean;
  /** `msg.parts` on arrival: a later node may change the message. */
  readonly parts: unknown;
}

/** Images that wait for a missing one before it counts as lost. */
const MAX_AHEAD = 64;
/** Bytes of images that wait for the encoder. */
const MAX_BYTES = 256 * 2 ** 20;

/** One video, and the images that wait to be written to it. */
export class VideoAssembly {
  readonly #id = randomUUID();
  readonly #abort = new AbortController();
  /** Images that wait for an earlier one, by index. */
  readonly #ahead = new Map<number, ImageMessage>();
  readonly #waiting = new Set<ImageMessage>();
  #turn: Promise<void>;
  #next = 0;
  #received = 0;
  #written = 0;
  #bytes = 0;
  #count: number | null = null;
  /** The message that ends the video; it carries the result. */
  #last: ImageMessage | null = null;
  #isOver = false;

  constructor(
    private readonly engine: Engine,
    job: AssembleJob,
    private readonly show: (next: NodeStatus, isFinal: boolean) => void,
    private readonly onEnd: () => void,
  ) {
    this.show(status.starting, false);
    this.#turn = engine.ask('openAssembly', { id: this.#id, job }, this.#abort.signal).then(() => {});
    this.#turn.catch(() => {}); // reported with the first image
  }

  /** Returns true if the sequence is complete with this message. */
  take(image: ImageMessage): boolean {
    const { index, count } = (image.parts ?? {}) as { readonly index?: unknown; readonly count?: unknown };
    if (typeof count === 'number') this.#count = count;
    if (image.hasImage) this.#received++;
    this.#waiting.add(image);
    this.#bytes += sizeOf(image);
    if (this.#bytes > MAX_BYTES) {
      this.#fail(image, tooFast());
      return false;
    }
    const isComplete = image.msg['complete'] !== undefined || (this.#count !== null && this.#received >= this.#count);
    if (isComplete) this.#last = image;
    const position = typeof index === 'number' ? index : this.#next + this.#ahead.size;
    const isLate = position < this.#next || this.#ahead.has(position); // counted as lost before, or a duplicate
    if (image.hasImage && !isLate) this.#ahead.set(position, image);
    else if (!isComplete) this.#finished(image);
    this.#writeNext(isComplete);
    if (isComplete) this.#queue(() => this.#finish(image), image);
    return isComplete;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#abort.abort(new Error('stopped'));
    this.onEnd();
    await this.#discard();
    for (const image of this.#waiting) this.#finished(image);
  }

  /** Queues the images that are next in order; with `all`, skips missing ones. */
  #writeNext(all: boolean): void {
    for (;;) {
      const isLost = all || this.#ahead.size > MAX_AHEAD;
      if (!this.#ahead.has(this.#next) && isLost && this.#ahead.size > 0) this.#next = Math.min(...this.#ahead.keys());
      const image = this.#ahead.get(this.#next);
      if (!image) return;
      this.#ahead.delete(this.#next++);
      this.#queue(() => this.#write(image), image);
    }
  }

  #queue(work: () => Promise<void>, image: ImageMessage): void {
    this.#turn = this.#turn
      .then(() => (this.#isOver ? undefined : work()))
      .catch((error: unknown) => this.#fail(image, error));
  }

  async #write(image: ImageMessage): Promise<void> {
    const source = await readImagePayload(image.msg.payload, null);
    const time = (image.msg['frame'] as { readonly time?: unknown } | undefined)?.time;
    const seconds = typeof time === 'number' && Number.isFinite(time) && time >= 0 ? time : null;
    await this.engine.ask('addImage', { id: this.#id, source, time: seconds }, this.#abort.signal);
    this.show(status.assembling(++this.#written), false);
    if (image !== this.#last) this.#finished(image);
  }

  async #finish(image: ImageMessage): Promise<void> {
    this.show({ fill: 'blue', shape: 'dot', text: 'finishing' }, false);
    const result = await this.engine.ask('closeAssembly', { id: this.#id, keep: true }, this.#abort.signal);
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd();
    const payload = payloadOf(result!, this.#count ?? this.#next);
    image.send([Object.assign(image.msg, { filename: result!.output, payload }), null]);
    this.show(status.done(result!.elapsed), true);
    this.#finished(image);
  }

  #fail(image: ImageMessage, error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#abort.abort(error);
    this.onEnd();
    void this.#discard();
    this.show(status.failed(error), true);
    this.#finished(image, nodeError(error));
    for (const other of this.#waiting) this.#finished(other); // one error per video
  }

  /** Calls done() once per message. */
  #finished(image: ImageMessage, error?: Error): void {
    if (!this.#waiting.delete(image)) return;
    this.#bytes -= sizeOf(image);
    image.done(error);
  }

  async #discard(): Promise<void> {
    if (this.engine.pid === null) return;
    await this.engine.ask('closeAssembly', { id: this.#id, keep: false }).catch(() => {}); // the first error is reported
  }
}

const sizeOf = ({ msg: { payload } }: ImageMessage): number => {
  const { data } = (payload ?? {}) as { readonly data?: unknown };
  return bytesLength(payload) ?? bytesLength(data) ?? 0;
};

const payloadOf = ({ frames, width, height, elapsed, bytes, warnings }: AssembleResult, expected: number) => ({
  status: 'done',
  framesIn: expected,
  framesOut: frames,
  dropped: expected - frames,
  elapsed,
  fps: frames / elapsed,
  bytes,
  width,
  height,
  warnings,
});

const tooFast = (): RemasterError =>
  new RemasterError(
    'IMAGE_DROPPED',
    `Images arrive faster than they can be written: ${MAX_BYTES / 2 ** 20} MiB are waiting.`,
    { remedy: 'Send them with back-pressure (video frames: Back-pressure: automatic), or choose a faster codec.' },
  );
