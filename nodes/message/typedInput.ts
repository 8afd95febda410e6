import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import type { Job } from '../../src/settings/restoreJob';
import type { Origin } from './pathPolicy';
import { show } from './planFields';

/** A typedInput as the editor saves it: a value and its type. */
export interface Typed {
  readonly value: string;
  readonly type: string;
}

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

/** A number; null if the field is empty. */
export function numberIn(value: unknown, name: string, min: number, max: number): number | null {
  if (value === undefined || value === null || value === '') return null;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && number >= min && number <= max) return number;
  throw new RemasterError('BAD_SETTING', `${name} is ${show(value)}, not a number from ${min} to ${max}.`, {
    remedy: 'Correct it in the node, or in the message that provides it.',
  });
}

/** An integer; null if the field is empty. */
export function integerIn(value: unknown, name: string, min: number, max: number): number | null {
  const number = numberIn(value, name, min, max);
  if (number === null || Number.isInteger(number)) return number;
  throw new RemasterError('BAD_SETTING', `${name} is ${number}, not an integer.`, {
    remedy: 'Correct it in the node, or in the message that provides it.',
  });
}

/** Seconds, written as `90`, `1:30` or `00:01:30.5`; null if the field is empty. */
export function secondsIn(value: unknown, name: string): number | null {
  if (typeof value !== 'string' || !value.includes(':')) return numberIn(value, name, 0, 1e9);
  if (!/^\d+(:[0-5]?\d){1,2}(\.\d+)?$/.test(value.trim())) {
    throw new RemasterError('BAD_SETTING', `${name} is ${show(value)}, not a time.`, {
      remedy: 'Write seconds (90) or hours, minutes and seconds (00:01:30).',
    });
  }
  return value
    .trim()
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** The part of a video between two times; null = the whole video. */
export function trimOf(from: unknown, to: unknown): Job['trim'] {
  const start = secondsIn(from, 'Start time') ?? 0;
  const end = secondsIn(to, 'End time');
  if (end !== null && end <= start) {
    throw new RemasterError('BAD_SETTING', `End time (${end} s) is not after the start time (${start} s).`, {
      remedy: 'Correct the start and end time in the video in node.',
    });
  }
  return start === 0 && end === null ? null : { start, end };
}

/** An option of a select. An old or hand-written flow file may contain any value. */
export function optionIn<const T extends string | number | null>(
  value: unknown,
  allowed: readonly T[],
  name: string,
): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new RemasterError(
    'BAD_SETTING',
    `${name} is ${show(value)}, not one of ${allowed.filter((one) => one !== null).join(', ')}.`,
    {
      remedy: 'Open the node, choose one of these, and deploy.',
    },
  );
}
