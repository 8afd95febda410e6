import { RemasterError } from '../errors';
import { isRecord } from '../settings/checkRows';

/**
 * Values read from a queue: anyone who can write to it may have written it. Each function returns a value that is what
 * its name says, or throws QUEUE_VERSION.
 */
export type Fields = Readonly<Record<string, unknown>>;

export const record = (value: unknown, name: string): Fields => (isRecord(value) ? value : refuse(name, 'an object'));

export function text(value: unknown, name: string, max: number): string {
  const isText = typeof value === 'string' && value.length > 0 && value.length <= max && !value.includes('\0');
  return isText ? value : refuse(name, `a text of at most ${max} characters`);
}

export const textOrNull = (value: unknown, name: string, max: number): string | null =>
  value === null ? null : text(value, name, max);

export function count(value: unknown, name: string, max: number): number {
  const isCount = Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
  return isCount ? (value as number) : refuse(name, `a whole number from 0 to ${max}`);
}

export function numberOrNull(value: unknown, name: string, max: number): number | null {
  if (value === null) return null;
  const isNumber = typeof value === 'number' && value >= 0 && value <= max;
  return isNumber ? value : refuse(name, `a number from 0 to ${max}`);
}

export function list<T>(value: unknown, name: string, max: number, item: (one: unknown, name: string) => T): T[] {
  if (!Array.isArray(value) || value.length > max) refuse(name, `a list of at most ${max} entries`);
  return (value as readonly unknown[]).map((one, i) => item(one, `${name}[${i}]`));
}

export function matching(value: unknown, name: string, pattern: RegExp): string {
  return typeof value === 'string' && pattern.test(value) ? value : refuse(name, `a text like ${pattern.source}`);
}

/** Null for anything that `parse` refuses. */
export function orNull<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RemasterError) return null;
    throw error;
  }
}

function refuse(name: string, allowed: string): never {
  throw new RemasterError('QUEUE_VERSION', `In the queue, ${name} is not ${allowed}.`, {
    remedy: 'Install the same version of remaster on all machines.',
  });
}
