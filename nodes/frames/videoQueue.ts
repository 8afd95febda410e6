import type { NodeStatus } from 'node-red';
import { SerialQueue } from '../../src/async/serialQueue';
import type { Throttle } from '../../src/async/throttle';
import type { Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import type { FrameSender } from './frameSender';

/** A message with a video whose frames are sent. */
interface Request extends Input {
  readonly stop: AbortController;
}

/** The videos of a video frames node, one at a time, in order of arrival. */
export class VideoQueue {
  readonly #requests = new Set<Request>();
  readonly #turns = new SerialQueue();
  #isClosed = false;

  constructor(
    private readonly sender: Pick<FrameSender, 'sendAll'>,
    private readonly line: Pick<Throttle<NodeStatus>, 'final'>,
  ) {}

  add(input: Input): void {
    const request: Request = { ...input, stop: new AbortController() };
    this.#requests.add(request);
    void this.#turns.run(() => this.#serve(request));
  }

  stop(): void {
    for (const { stop } of this.#requests) stop.abort(new Error('stopped'));
  }

  /** Stops the current video; the others continue. */
  skip(): void {
    const [first] = this.#requests;
    first?.stop.abort(new Error('stopped'));
  }

  /** Ends all messages at once, because the node closes. Settles when the engine has stopped, too. */
  close(): Promise<void> {
    this.#isClosed = true;
    for (const { stop, done } of this.#requests) {
      stop.abort(new Error('closed'));
      done();
    }
    return this.#turns.run(() => {});
  }

  async #serve(request: Request): Promise<void> {
    if (this.#isClosed) return; // `close` has called done()
    const { done, stop } = request;
    try {
      stop.signal.throwIfAborted();
      this.line.final(status.sent(await this.sender.sendAll(request, stop.signal), true));
      done();
    } catch (error) {
      if (this.#isClosed) return;
      this.line.final(stop.signal.aborted ? status.stopped : status.failed(error));
      done(stop.signal.aborted ? undefined : nodeError(error));
    } finally {
      this.#requests.delete(request);
    }
  }
}
