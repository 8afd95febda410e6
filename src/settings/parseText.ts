import { checkValue, type Refuse } from './checkRows';
import type { Row, Value } from './row';

/** The value that a text of the command line or a dialog stands for; not checked. NaN: not a number. */
function parseText(row: Row, text: string): unknown {
  const words = row.option?.words ?? {};
  if (Object.hasOwn(words, text)) return words[text];
  switch (row.kind) {
    case 'whole':
    case 'number':
      return text.trim() === '' ? Number.NaN : roundedFor(row.kind, Number(text) * (row.unitSize ?? 1));
    case 'seconds':
      return parseSeconds(text);
    case 'choice':
      return row.values.find((one) => String(one) === text) ?? text;
    case 'bundle':
    case 'colour':
    case 'group':
    case 'path':
    case 'switch':
    case 'text':
      return text;
  }
}

/** Of 0.3 megapixels, 300,000 pixels: not 299,999.99999. Whole numbers without a unit stay what they are. */
const roundedFor = (kind: 'whole' | 'number', value: number): number =>
  kind === 'whole' && Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : value;

/** Seconds of `90`, `1:30` or `00:01:30.5`; NaN for anything else. */
function parseSeconds(text: string): number {
  const parts = /^(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d*)?|\.\d+)$/.exec(text.trim());
  if (!parts) return Number.NaN;
  const [, hours = '0', minutes, rest] = parts;
  if (minutes !== undefined && Number(rest) >= 60) return Number.NaN;
  return (Number(hours) * 60 + Number(minutes ?? 0)) * 60 + Number(rest);
}

/** Parses and checks a text. `refuse` gets the text, and the limits in the units of the option. */
export function valueOfText<R extends Row>(row: R, text: string, name: string, refuse: Refuse): Value<R> {
  const { unitSize, option } = row;
  const words = Object.keys(option?.words ?? {}).map((word) => `, or ${word}`);
  return checkValue(row, parseText(row, text), name, (where, allowed) => {
    const numbers = unitSize !== undefined && 'min' in row ? inUnits(row, unitSize) : allowed;
    return refuse(where, numbers + words.join(''), text);
  });
}

const inUnits = ({ min, max }: { readonly min: number; readonly max: number }, size: number): string =>
  `a number from ${min / size} to ${max / size}`;
