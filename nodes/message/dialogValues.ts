import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import { checkValue, type Refuse } from '../../src/settings/checkRows';
import { valueOfText } from '../../src/settings/parseText';
import type { Row, Rows, Value, Values } from '../../src/settings/row';
import { show } from '../../src/settings/showValue';
import { evaluate, typedField } from './typedInput';

type Fields = Readonly<Record<string, unknown>>;

/** The settings that the fields of a dialog give. A flow may lack any of them, or have any value. Throws BAD_SETTING. */
export const dialogValues = <R extends Rows>(rows: R, fields: object, labels: Labels): Values<R> =>
  Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, dialogValue(row, (fields as Fields)[name], labels[name] ?? name)]),
  ) as Values<R>;

/** The fields of a dialog for this message: those that name a property of it have its value. */
export async function fieldsFor(RED: NodeAPI, node: Node, rows: Rows, config: object, msg: NodeMessage) {
  const fields = config as Fields;
  const valueOf = async ([name, { dialog }]: [string, Row]): Promise<[string, unknown]> => {
    if (dialog?.typed === undefined) return [name, fields[name]];
    return [name, await evaluate(RED, node, typedField(config, name, '', dialog.typed), msg)];
  };
  return Object.fromEntries(await Promise.all(Object.entries(rows).map(valueOf)));
}

/** One value of a dialog, or of a message: a text is parsed, and empty means the default. Throws BAD_SETTING. */
export function dialogValue<R extends Row>(row: R, value: unknown, label: string): Value<R> {
  const isEmpty = value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
  if (isEmpty) return checkValue(row, undefined, label, refused);
  const isText = typeof value === 'string' || (typeof value === 'number' && row.unitSize !== undefined);
  return isText ? valueOfText(row, String(value), label, refused) : checkValue(row, value, label, refused);
}

const refused: Refuse = (name, allowed, value) =>
  new RemasterError('BAD_SETTING', `${name} is ${show(value)}, not ${allowed}.`, {
    remedy: 'Correct it in the node, or in the message that provides it.',
  });

export type Labels = Readonly<Record<string, string>>;

/** The names of the fields of a dialog, from the catalogue in the node's folder. */
export function labelsOf(folder: string, type: string): Labels {
  const catalogue = JSON.parse(readFileSync(join(folder, 'locales', 'en-US', `${type}.json`), 'utf8')) as Record<
    string,
    { readonly label: Labels }
  >;
  return catalogue[type]!.label;
}
