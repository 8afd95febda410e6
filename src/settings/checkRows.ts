import { isAbsolute, resolve } from 'node:path';
import { closest, RemasterError } from '../errors';
import type { Row, Rows, Value, Values } from './row';

/** The error of a value. `allowed`: what it must be, in words. `name`: the path to the setting, `trim.start`. */
export type Refuse = (name: string, allowed: string, value: unknown) => RemasterError;

/** In the words of the library and the engine. */
export const badSetting: Refuse = (name, allowed) =>
  new RemasterError('BAD_SETTING', `The setting ${name} must be ${allowed}.`, {
    remedy: 'Correct it and start the job again.',
  });

/** The settings of `given`, checked; missing ones by their defaults. Throws what `refuse` returns. */
export function checkRows<R extends Rows>(
  rows: R,
  given: unknown,
  refuse: Refuse = badSetting,
  prefix = '',
): Values<R> {
  if (!isRecord(given)) throw refuse(prefix.slice(0, -1) || 'options', 'an object', given);
  const check = ([name, row]: [string, Row]) => [name, checkValue(row, given[name], `${prefix}${name}`, refuse)];
  return Object.fromEntries(Object.entries(rows).map(check)) as Values<R>;
}

/**
 * The settings of a job as the library and the engine take them: paths are absolute, and names that no row has are
 * refused. Throws BAD_SETTING.
 */
export function checkSettings<R extends Rows>(rows: R, given: unknown, prefix = ''): Values<R> {
  const values = checkRows(rows, given, badSetting, prefix);
  refuseUnknown(rows, given as object, prefix);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, absolute(rows[name]!, value)]),
  ) as Values<R>;
}

/** Throws BAD_SETTING for a name that no row has, also within a group. */
function refuseUnknown(rows: Rows, given: object, prefix: string): void {
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    const row = Object.hasOwn(rows, name) ? rows[name]! : null;
    if (row === null) throw unknownSetting(`${prefix}${name}`, closest(name, Object.keys(rows)));
    if (row.kind === 'group' && isRecord(value)) refuseUnknown(row.rows as Rows, value, `${prefix}${name}.`);
  }
}

const unknownSetting = (name: string, near: string | null): RemasterError =>
  new RemasterError('BAD_SETTING', `Unknown setting ${name}.`, {
    remedy: near === null ? 'Remove it.' : `Did you mean ${near}?`,
  });

/** Makes a path absolute. */
function absolute(row: Row, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (row.kind === 'path') return resolve(value);
  return row.kind === 'bundle' && /[\\/]/.test(value) && !isAbsolute(value) ? resolve(value) : value;
}

/** One value; undefined means its default. Throws what `refuse` returns. */
export function checkValue<R extends Row>(row: R, given: unknown, name: string, refuse: Refuse): Value<R> {
  const value = given === undefined ? row.default : given;
  if (value === null && isNullable(row)) return null as Value<R>;
  if (row.kind === 'group') {
    const values = checkRows(row.rows as Rows, value, refuse, `${name}.`);
    const wrong: string | null = row.check(values);
    if (wrong !== null) throw refuse(name, wrong, value);
    return values as Value<R>;
  }
  if (!isAllowed(row, value)) throw refuse(name, allowedWords(row), value);
  return value as Value<R>;
}

/** Whether null is a value. A default of 0 may have null too: “off”. */
const isNullable = (row: Row): boolean => row.default === null || row.unset !== undefined;

function isAllowed(row: Exclude<Row, { kind: 'group' }>, value: unknown): boolean {
  switch (row.kind) {
    case 'text':
      return isText(value) && value.length >= row.min && value.length <= row.max;
    case 'path':
    case 'bundle':
      return isText(value) && value.trim() !== '' && value.length <= MAX_PATH;
    case 'colour':
      return typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value);
    case 'switch':
      return typeof value === 'boolean';
    case 'choice':
      return row.values.some((one) => one === value);
    case 'whole':
      return Number.isInteger(value) && isBetween(row, value);
    case 'number':
    case 'seconds':
      return isBetween(row, value);
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');

/** Characters; longer ones are no paths of any system. */
const MAX_PATH = 32_768;

const isBetween = ({ min, max }: { readonly min: number; readonly max: number }, value: unknown): boolean =>
  typeof value === 'number' && value >= min && value <= max;

/** What the values of a row are, after “must be”. */
export function allowedWords(row: Row): string {
  switch (row.kind) {
    case 'text':
      return `a text of ${row.min} to ${row.max} characters`;
    case 'path':
      return 'a path';
    case 'bundle':
      return 'the name of a model, or the path of its folder';
    case 'colour':
      return 'a colour like #00ff00';
    case 'switch':
      return 'true or false';
    case 'choice':
      return `one of ${row.values.join(', ')}`;
    case 'whole':
      return `a whole number from ${row.min} to ${row.max}`;
    case 'number':
      return `a number from ${row.min} to ${row.max}`;
    case 'seconds':
      return 'a time, 0 or more: 90 or 00:01:30';
    case 'group':
      return 'an object';
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The defaults of rows that have one. */
export const defaultsOf = <R extends Rows>(rows: R): Omit<Values<R>, RequiredNames<R>> =>
  Object.fromEntries(
    Object.entries(rows)
      .filter(([, row]) => row.default !== undefined)
      .map(([name, row]) => [name, row.default]),
  ) as Omit<Values<R>, RequiredNames<R>>;

/** Names of rows without a default. */
type RequiredNames<R extends Rows> = {
  [K in keyof R]: R[K] extends { readonly default: undefined } ? K : never;
}[keyof R];
