import type { NodeStatus } from 'node-red';
import type { Done, Input } from '../../../nodes/message/input';

/** A message, what was sent with it, and how it was done. */
export interface Sent extends Input {
  readonly sent: unknown[];
  /** Null: without an error. */
  readonly ends: (string | null)[];
}

export function message(fields: object): Sent {
  const sent: unknown[] = [];
  const ends: (string | null)[] = [];
  const done: Done = (error) => void ends.push(error ? error.name : null);
  return { msg: { _msgid: 'm', ...fields }, send: (msg) => void sent.push(msg), done, sent, ends };
}

/** A node that keeps what it shows. */
export function shownBy(): { readonly texts: string[]; status(next: NodeStatus | string): void } {
  const texts: string[] = [];
  return { texts, status: (next) => void texts.push(typeof next === 'string' ? next : (next.text ?? '')) };
}
