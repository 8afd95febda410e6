import type { NodeMessage, NodeMessageInFlow } from 'node-red';

/** Sends a message to the first output, or one to each output; null: none. */
export type Send = (msg: NodeMessage | (NodeMessage | null)[]) => void;
/** The message is dealt with; with an error, Catch nodes get it. */
export type Done = (error?: Error) => void;

/** A message that has arrived, and where its results go. */
export interface Input {
  readonly msg: NodeMessageInFlow;
  readonly send: Send;
  readonly done: Done;
}
