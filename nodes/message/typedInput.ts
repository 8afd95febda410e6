import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import { show } from '../../src/settings/showValue';
import type { Origin } from './pathPolicy';

/** A typedInput as the editor saves it: a value and its type. */
export interface Typed {
  readonly value: string;
  readonly type: string;
}

/** A typedInput of a dialog. A flow may lack it, or have anything. */
export function typedField(config: object, name: string, value: string, type: string): Typed {
  const fields = config as Readonly<Record<string, unknown>>;
  return { value: textOf(fields[name] ?? value), type: textOf(fields[`${name}Type`] ?? type) };
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

/** The value for this message; undefined if the field is empty or the message has no such property. */
export function evaluate(RED: NodeAPI, node: Node, { value, type }: Typed, msg: NodeMessage): Promise<unknown> {
  if (type !== 'str' && value.trim() === '') return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null, result: unknown): void => {
      if (error)
        reject(
          new RemasterError('BAD_SETTING', `${type} ${show(value)} cannot be evaluated: ${error.message}.`, {
            cause: error,
          }),
        );
      else resolve(result);
    };
    try {
      // the callback form: context stores and jsonata may be asynchronous
      RED.util.evaluateNodeProperty(value, type, node, msg, settle);
    } catch (error) {
      settle(error as Error, undefined);
    }
  });
}

/** Strings and environment variables are set by the author of the flow; all other types may come from a message. */
export const originOf = ({ type }: Typed): Origin => (type === 'str' || type === 'env' ? 'config' : 'message');
