import { errorRecord, printableLines } from '../../src/errors';

/** An error for Catch nodes and the log: name = code, message with the remedy, the end of ffmpeg's stderr as `cause`. */
export function nodeError(thrown: unknown): Error {
  const { code, message, remedy, detail } = errorRecord(thrown);
  const sentence = /[.!?…]$/.test(message) ? message : `${message}.`;
  const error = new Error(remedy === '' ? sentence : `${sentence} ${remedy}`);
  error.name = code;
  return Object.assign(error, { code }, detail === '' ? {} : { cause: printableLines(detail) });
}
