import type { Node, NodeStatus } from 'node-red';
import { Throttle } from '../../src/async/throttle';
import * as status from '../message/status';

/** The status of a video out node: at most one update per second, unless it is final, and none without a change. */
export class OutStatus {
  /** Shown while no job exists. */
  idle: NodeStatus = status.waiting;
  #shown = '';
  readonly #throttle: Throttle<NodeStatus>;

  constructor(node: Node) {
    this.#throttle = new Throttle<NodeStatus>((next) => {
      const shown = JSON.stringify(next);
      if (shown !== this.#shown) node.status(next);
      this.#shown = shown;
    });
    this.final(this.idle);
  }

  show(next: NodeStatus, isFinal = false): void {
    if (isFinal) this.final(next);
    else this.#throttle.push(next);
  }

  final(next: NodeStatus): void {
    this.#throttle.final(next);
  }

  close(): void {
    this.#throttle.close();
  }
}
