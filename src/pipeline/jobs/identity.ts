import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

/** What decides the bytes of the segments, by the names of settings; plain JSON. */
export type JobIdentity = Readonly<Record<string, unknown>>;

/** Names of the settings that differ. */
export function differences(a: JobIdentity, b: JobIdentity): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.filter((name) => !isDeepStrictEqual(a[name], b[name])).toSorted();
}

/** A hash: equal for equal identities. */
export function identityKey(identity: JobIdentity): string {
  const sorted = Object.entries(identity).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
