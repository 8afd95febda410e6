import { badSetting, checkSettings, isRecord } from './checkRows';
import type { Rows, Values } from './row';

/** Rows by the value of the field that tells the kinds apart. */
type Kinds = Readonly<Record<string, Rows>>;

/** An object of one of several kinds, which `Field` names. */
export type Variant<Field extends string, K extends Kinds> = {
  [Name in keyof K]: { readonly [F in Field]: Name } & Values<K[Name]>;
}[keyof K];

/** Checks an object of one of several kinds. Throws BAD_SETTING. */
export function checkVariant<Field extends string, K extends Kinds>(
  name: string,
  field: Field,
  kinds: K,
  given: unknown,
): Variant<Field, K> {
  if (!isRecord(given)) throw badSetting(name, 'an object', given);
  const { [field]: kind, ...settings } = given as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind))
    throw badSetting(`${name}.${field}`, `one of ${Object.keys(kinds).join(', ')}`, kind);
  return { [field]: kind, ...checkSettings(kinds[kind]!, settings, `${name}.`) } as Variant<Field, K>;
}
