import type { NodeMessageInFlow } from 'node-red';

/** What a video out node had not finished when a deploy took it away. */
export interface Suspended {
  readonly messages: readonly NodeMessageInFlow[];
  readonly isPaused: boolean;
}

const kept = new Map<string, Suspended>();

/** Keeps the messages of unfinished jobs until a node with the same id is there again. */
export function suspendJobs(node: string, suspended: Suspended): void {
  if (suspended.messages.length > 0) kept.set(node, suspended);
}

/** What was kept for this node; gone afterwards. */
export function takeSuspended(node: string): Suspended | null {
  const suspended = kept.get(node) ?? null;
  kept.delete(node);
  return suspended;
}
