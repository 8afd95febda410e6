import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { RemasterError } from '../../src/errors';
import type { Job } from '../../src/settings/restoreJob';
import type { Origin } from './pathPolicy';
import { show } from './plan';

/** What a typedInput of the editor saves: a value and how to read it. */
export interface Typed {
  readonly value: string;
  readonly type: string;
}

/** The value for this message; undefined when the field is empty or the message has no such property. */
export function evaluate(RED: NodeAPI, node: Node, { value, type }: Typed, msg: NodeMessage): Promise<unknown> {
  if (type !== 'str' && value.trim() === '') return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const answer = (error: Error | null, result: unknown): void => {
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
      RED.util.evaluateNodeProperty(value, type, node, msg, answer);
    } catch (error) {
      answer(error as Error, undefined);
    }
  });
}

/** A text or a variable of the environment was written by the person who edits the flow; everything else may come from a message. */
export const originOf = ({ type }: Typed): Origin => (type === 'str' || type === 'env' ? 'config' : 'message');

/** A number of a typedInput; null when nothing is set. */
export function numberIn(value: unknown, name: string, least: number, most: number): number | null {
  if (value === undefined || value === null || value === '') return null;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && number >= least && number <= most) return number;
  throw new RemasterError('BAD_SETTING', `${name} is ${show(value)}, not a number from ${least} to ${most}.`, {
    remedy: 'Correct it in the node, or in the message it is taken from.',
  });
}

/** A whole number of a typedInput; null when nothing is set. */
export function integerIn(value: unknown, name: string, least: number, most: number): number | null {
  const number = numberIn(value, name, least, most);
  if (number === null || Number.isInteger(number)) return number;
  throw new RemasterError('BAD_SETTING', `${name} is ${number}, not a whole number.`, {
    remedy: 'Correct it in the node, or in the message it is taken from.',
  });
}

/** Seconds, as `90`, `1:30` or `00:01:30.5`; null when nothing is set. */
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

/** The part of a film between two times; null = all of it. */
export function trimOf(from: unknown, to: unknown): Job['trim'] {
  const start = secondsIn(from, 'The start of the part') ?? 0;
  const end = secondsIn(to, 'The end of the part');
  if (end !== null && end <= start) {
    throw new RemasterError('BAD_SETTING', `The part ends at ${end} s, before it starts at ${start} s.`, {
      remedy: 'Correct start and end in the video in node.',
    });
  }
  return start === 0 && end === null ? null : { start, end };
}

/** One of the options of a select, as an old or hand-made flow file may have it. */
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
      remedy: 'Open the node, choose one, and deploy.',
    },
  );
}
