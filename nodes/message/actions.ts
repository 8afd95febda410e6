export const ACTIONS = ['start', 'stop', 'pause', 'resume', 'restart', 'skip', 'snapshot'] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * What a message asks of a job: `msg.action` as a word or as `{command}`, or `msg.reset`. Null when it asks nothing we
 * know: other nodes use `msg.action` for their own ends.
 */
export function actionOf(msg: Readonly<Record<string, unknown>>): Action | null {
  const { action, reset } = msg;
  const word =
    typeof action === 'object' && action !== null ? (action as { readonly command?: unknown }).command : action;
  return ACTIONS.find((one) => one === word) ?? (reset === undefined ? null : 'stop');
}
