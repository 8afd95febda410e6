export const ACTIONS = ['start', 'stop', 'pause', 'resume', 'restart', 'skip', 'snapshot'] as const;
export type Action = (typeof ACTIONS)[number];

/**
 * The action a message requests: `msg.action` as a string or as `{command}`, or `msg.reset`. Null for any other value:
 * other nodes use `msg.action` for their own purposes.
 */
export function actionOf(msg: Readonly<Record<string, unknown>>): Action | null {
  const { action, reset } = msg;
  const name =
    typeof action === 'object' && action !== null ? (action as { readonly command?: unknown }).command : action;
  return ACTIONS.find((one) => one === name) ?? (reset === undefined ? null : 'stop');
}
