import type { Refuse } from '../settings/checkRows';
import { valueOfText } from '../settings/parseText';
import { optionName } from '../settings/commandWords';
import type { Rows } from '../settings/row';
import { type OptionValues, usage } from './options';

const refuse: Refuse = (name, allowed, value) => usage(`--${name} must be ${allowed}, not ${JSON.stringify(value)}.`);

/** The settings that options give; those without an option are absent. Throws BAD_SETTING. */
export function settingsOf(rows: Rows, values: OptionValues): Record<string, unknown> {
  const settings = Object.entries(rows).flatMap(([field, row]): [string, unknown][] => {
    if (row.kind === 'group') {
      const inner = settingsOf(row.rows as Rows, values);
      return Object.keys(inner).length > 0 ? [[field, inner]] : [];
    }
    const name = optionName(field, row);
    const value = row.option && values[name];
    if (value === undefined) return [];
    return [[field, typeof value === 'boolean' ? value : valueOfText(row, value, name, refuse)]];
  });
  return Object.fromEntries(settings);
}
