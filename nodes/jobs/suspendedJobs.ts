import type { NodeMessageInFlow } from 'node-red';

/** Unfinished jobs of a video out node that a deploy removed. */
export interface Suspended {
  readonly messages: readonly NodeMessageInFlow[];
  readonly isPaused: boolean;
}

/** Keeps the messages of unfinished jobs until a node with the same id is deployed. */
export class SuspendedJobs {
  readonly #byNode = new Map<string, Suspended>();

  keep(node: string, suspended: Suspended): void {
    if (suspended.messages.length > 0) this.#byNode.set(node, suspended);
  }

  /** Returns and removes the jobs kept for this node. */
  take(node: string): Suspended | null {
    const suspended = this.#byNode.get(node) ?? null;
    this.#byNode.delete(node);
    return suspended;
  }
}
