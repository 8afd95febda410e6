import { RemasterError } from '../errors';

/** Throws `BAD_SETTING` unless `holds`: "steps is 0, but must be a whole number of at least 1". */
export function requireSetting(name: string, value: unknown, allowed: string, holds: boolean): void {
  if (!holds) throw new RemasterError('BAD_SETTING', `${name} is ${show(value)}, but must be ${allowed}`);
}

const show = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));
