import { RemasterError } from '../../src/errors';
import { checkRows, checkValue, type Refuse } from '../../src/settings/checkRows';
import { valueOfText } from '../../src/settings/parseText';
import type { Row, Rows, Value, Values } from '../../src/settings/row';
import { invalid, show } from './planFields';

/** The value of a field of a dialog, or of what it names in a message: texts are parsed, empty means the default. */
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

/** Settings of a plan: missing ones have their defaults, unknown ones are left out. Throws PLAN_INVALID. */
export const planValues = <R extends Rows>(rows: R, fields: unknown, prefix: string): Values<R> =>
  checkRows(rows, fields, badField, `${prefix}.`);

const badField: Refuse = (name, allowed, value) => invalid(`msg.video.${name} is ${show(value)}, not ${allowed}.`);
