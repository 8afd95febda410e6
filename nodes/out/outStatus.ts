import type { Node, NodeStatus } from 'node-red';
import { Throttle } from '../../src/async/throttle';
import type { PendingState } from '../jobs/jobReport';
import type { Outcome } from '../jobs/resumableJob';
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

  /** The state of the node's file jobs. */
  showJobs(state: PendingState): void {
    switch (state.is) {
      case 'empty':
        return this.final(this.idle);
      case 'paused':
        return this.final(status.paused(state.progress));
      case 'queued':
        return this.show(status.queued(state.position));
      case 'running':
        return this.show(state.progress === null ? status.starting : status.running(state.progress));
    }
  }

  close(): void {
    this.#throttle.close();
  }
}

/** The status after a job. */
export function outcomeStatus(outcome: Outcome): NodeStatus {
  switch (outcome.status) {
    case 'done':
      return status.done(outcome.result.elapsed);
    case 'stopped':
      return status.stopped;
    case 'failed':
      return status.failed(outcome.error);
  }
}
