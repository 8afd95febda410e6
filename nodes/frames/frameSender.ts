import type { Node, NodeAPI, NodeStatus } from 'node-red';
import { extractImages } from '../../src/engine/client/imageStreams';
import type { Input } from '../message/input';
import { planOf } from '../message/plan';
import * as status from '../message/status';
import { runtimeOf } from '../runtime';
import { fixedRate, FlowCredits, type SendPermit } from './flowControl';
import { type FramesConfig, framesJobOf, settingsOf } from './framesJobOf';
import { imageMessage } from './imageMessage';

/** Sends the frames of one video at a time, no faster than the settings allow. */
export class FrameSender {
  /** Of the current video, unless its frames leave at a fixed rate. */
  #credits: FlowCredits | null = null;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: FramesConfig,
    private readonly show: (next: NodeStatus) => void,
  ) {}

  /** A later node requests one more frame. */
  request(): void {
    if (settingsOf(this.config).flow === 'request') this.#credits?.grant();
  }

  /** Sends the frames of the video of a message. Returns their number. */
  async sendAll({ msg, send }: Pick<Input, 'msg' | 'send'>, signal: AbortSignal): Promise<number> {
    const { RED } = this;
    const plan = planOf(msg);
    const { job, engine } = await framesJobOf(RED, this.node, this.config, plan, msg);
    const id = RED.util.generateId();
    const permit = this.#permit();
    const acks = this.#grantOnAck(id);
    let count = 0;
    this.show(status.starting);
    try {
      for await (const image of extractImages(engine, job, signal)) {
        if (this.#credits?.isEmpty) this.show(status.waitingToSend(settingsOf(this.config).flow === 'request'));
        await permit.take(signal);
        const index = count++;
        acks.await(index);
        send(imageMessage(RED, msg, plan, image, { id, index }));
        this.show(status.sent(count, false));
      }
    } finally {
      acks.end();
      this.#credits = null;
    }
    return count;
  }

  #permit(): SendPermit {
    const { flow, rate, most } = settingsOf(this.config);
    return flow === 'rate' ? fixedRate(rate) : (this.#credits = new FlowCredits(most));
  }

  /** With automatic back-pressure, an image that a later node has processed makes room for another. */
  #grantOnAck(sequence: string): { await(index: number): void; end(): void } {
    const isAutomatic = (): boolean => settingsOf(this.config).flow === 'auto';
    const inFlight = new Set<number>(); // two nodes may acknowledge the same image: it counts once
    const end = runtimeOf(this.RED).acks.listen(sequence, (index) => {
      if (inFlight.delete(index) && isAutomatic()) this.#credits?.grant();
    });
    return { end, await: (index) => void (isAutomatic() && inFlight.add(index)) };
  }
}
