import { actionOf } from '../message/actions';

const OWN = ['retry', 'clear'] as const;

/** What a message, or a button of the sidebar, asks of a batch. */
export type BatchAction = 'start' | 'stop' | 'pause' | 'resume' | (typeof OWN)[number];

/** `msg.action` as a string or as `{command}`; `cancel` is `stop`. Null for a message without one. */
export function batchActionOf(msg: Readonly<Record<string, unknown>>): BatchAction | null {
  const { action } = msg;
  const name =
    typeof action === 'object' && action !== null ? (action as { readonly command?: unknown }).command : action;
  if (name === 'cancel') return 'stop';
  const own = OWN.find((one) => one === name);
  if (own) return own;
  const known = actionOf(msg);
  return known === 'start' || known === 'stop' || known === 'pause' || known === 'resume' ? known : null;
}
