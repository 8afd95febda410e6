import type { NodeStatus } from 'node-red';
import { SerialQueue } from '../../src/async/serialQueue';
import type { Throttle } from '../../src/async/throttle';
import { RemasterError } from '../../src/errors';
import type { Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import type { FrameSender } from './frameSender';

/** A message with a video whose frames are sent. */
interface Request extends Input {
  readonly stop: AbortController;
}

/** Videos of one node, each with its message in memory: far more than a flow sends on purpose. */
const MAX_VIDEOS = 1000;

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
    if (this.#requests.size >= MAX_VIDEOS) return input.done(nodeError(tooManyVideos()));
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
      const count = await this.sender.sendAll(request, stop.signal);
      if (this.#isClosed) return; // as above
      this.line.final(status.sent(count, true));
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

const tooManyVideos = (): RemasterError =>
  new RemasterError('IMAGE_DROPPED', `${MAX_VIDEOS} videos wait in this node already.`, {
    remedy: 'Send the next one when a Complete node reports that one has ended.',
  });
