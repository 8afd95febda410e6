/**
 * A value that anyone may have sent, for an error message: short, never a whole message. Unlike `String`, it takes every
 * value: of `{"toString":{}}` that throws.
 */
export function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return value.length > 60 ? `"${value.slice(0, 57)}…"` : `"${value}"`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
