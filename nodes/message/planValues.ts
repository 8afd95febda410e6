import { checkRows, type Refuse } from '../../src/settings/checkRows';
import type { Rows, Values } from '../../src/settings/row';
import { show } from '../../src/settings/showValue';
import { invalid } from './planFields';

/** Settings of a plan: missing ones have their defaults, unknown ones are left out. Throws PLAN_INVALID. */
export const planValues = <R extends Rows>(rows: R, fields: unknown, prefix: string): Values<R> =>
  checkRows(rows, fields, badField, `${prefix}.`);

const badField: Refuse = (name, allowed, value) => invalid(`msg.video.${name} is ${show(value)}, not ${allowed}.`);
