/** Passes on at most one value per `ms`, the newest; a change of `kind` passes at once, and a held value never comes after it. */
export function throttled<T>(ms: number, pass: (value: T) => void): (value: T, kind: string) => void {
  let last = -Infinity;
  let lastKind: string | null = null;
  return (value, kind) => {
    const now = performance.now();
    if (kind === lastKind && now - last < ms) return;
    last = now;
    lastKind = kind;
    pass(value);
  };
}
