import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { SerialQueue } from '../../src/async/serialQueue';
import type { Suspended } from '../jobs/suspendedJobs';
import { type Action, actionOf } from '../message/actions';
import type { Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import type { OutConfig } from './buildJob';
import { OutJobs } from './outJobs';
import { OutStatus } from './outStatus';
import { isForVideo } from './videoFromImages';

/** Takes the messages of a video out node one after another: a stop ends what arrived before it, not what arrives after. */
export class VideoOut {
  readonly #statusLine: OutStatus;
  readonly #jobs: OutJobs;
  /** Messages that are about to become jobs. */
  readonly #waiting = new Set<NodeMessageInFlow>();
  readonly #turns = new SerialQueue();
  readonly #endListening: () => void;
  #isClosed = false;

  constructor(RED: NodeAPI, node: Node, config: OutConfig) {
    this.#statusLine = new OutStatus(node);
    this.#jobs = new OutJobs(RED, node, config, this.#statusLine);
    const { cameraOwners } = runtimeOf(RED);
    const stopOrphans = (): void => void this.#turns.run(() => this.#jobs.stopOrphans());
    cameraOwners.add(stopOrphans);
    this.#endListening = () => cameraOwners.delete(stopOrphans);
  }

  take(input: Input): void {
    const { msg } = input;
    const action = actionOf(msg);
    const isImage = action === null && isForVideo(msg);
    const isPlan = !isImage && (action === null || (action === 'start' && msg['video'] !== undefined));
    if (isPlan) this.#waiting.add(msg);
    const receive = () => (isImage ? this.#jobs.addImage(input) : this.#receive(isPlan ? null : action, input));
    // a camera without signal must not hold up the next message: a stop
    void this.#turns.run(action === 'snapshot' ? () => void receive() : receive);
  }

  /** Jobs that come are not started until they are resumed. */
  pause(): void {
    void this.#jobs.files.pause();
  }

  /** Ends all jobs. Returns their messages; without `done()`, because the jobs continue after a deploy. */
  async close(): Promise<Suspended & { readonly ended: readonly Pick<Input, 'msg' | 'done'>[] }> {
    this.#isClosed = true;
    this.#endListening();
    this.#statusLine.close();
    const { isPaused } = this.#jobs.files;
    const waiting = [...this.#waiting];
    const ended = await this.#jobs.close();
    return { isPaused, ended, messages: [...new Set([...ended.map(({ msg }) => msg), ...waiting])] };
  }

  /** `action`: null for a plan. */
  async #receive(action: Action | null, input: Input): Promise<void> {
    if (this.#isClosed) return; // `close` has returned the waiting messages
    try {
      await (action === null ? this.#jobs.start(input) : this.#jobs.act(action, input));
    } catch (error) {
      // the deploy has ended it; `close` has returned the plans
      if (this.#isClosed) return action === null ? undefined : input.done();
      this.#statusLine.idle = status.failed(error);
      if (this.#jobs.files.isEmpty) this.#statusLine.final(this.#statusLine.idle);
      input.done(nodeError(error));
    } finally {
      this.#waiting.delete(input.msg);
    }
  }
}
