import { errorRecord } from '../../src/errors';

/** An error as Catch nodes and the log get it: the code in front, the remedy at the end, the last words of ffmpeg as `cause`. */
export function nodeError(thrown: unknown): Error {
  const { code, message, remedy, detail } = errorRecord(thrown);
  const sentence = /[.!?…]$/.test(message) ? message : `${message}.`;
  const error = new Error(remedy === '' ? sentence : `${sentence} ${remedy}`);
  error.name = code;
  return Object.assign(error, { code }, detail === '' ? {} : { cause: detail });
}
