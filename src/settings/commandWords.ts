import type { Row, Rows } from './row';

/** `maskGrow` is `--mask-grow`. */
export const optionName = (field: string, { option }: Row): string =>
  option?.name ?? field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The options of a command line that give these settings, where they are not the defaults. */
export function optionWords(rows: Rows, settings: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(rows).flatMap(([field, row]): readonly string[] => {
    const value = settings[field] ?? null;
    if (row.kind === 'group')
      return value === null ? [] : optionWords(row.rows as Rows, value as Readonly<Record<string, unknown>>);
    if (!row.option || value === (row.default ?? null)) return [];
    const name = optionName(field, row);
    if (row.kind === 'switch') return [`--${value === true ? '' : 'no-'}${name}`];
    return [`--${name}`, wordOf(row, value)];
  });
}

/** `off`, for a value with a word; else the value in the unit of the option. */
function wordOf({ option, unitSize = 1 }: Row, value: unknown): string {
  const word = Object.entries(option?.words ?? {}).find(([, one]) => one === value)?.[0];
  return word ?? String(typeof value === 'number' ? value / unitSize : value);
}
