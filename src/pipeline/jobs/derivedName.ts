import { createHash } from 'node:crypto';

/** Bytes of a name, in UTF-8, on nearly every file system. */
const MAX_NAME_BYTES = 255;

/** The parts around the name of a file in the name of another one that belongs to it. */
interface Affixes {
  readonly before?: string;
  readonly after: string;
  /** Comes last in any case. */
  readonly extension?: string;
}

/**
 * `before + name + after + extension`. Where that is too long for a file system, the end of `name` is replaced by a hash
 * of all of it, behind `after`: so no two names give the same, long or short.
 */
export function derivedName(name: string, { before = '', after, extension = '' }: Affixes): string {
  const whole = before + name + after + extension;
  if (Buffer.byteLength(whole) <= MAX_NAME_BYTES) return whole;
  const end = `${after}.${createHash('sha256').update(name).digest('hex').slice(0, 32)}${extension}`;
  const letters = Array.from(name); // whole characters: half of one is no name
  while (Buffer.byteLength(before + letters.join('') + end) > MAX_NAME_BYTES) letters.pop();
  return before + letters.join('') + end;
}
