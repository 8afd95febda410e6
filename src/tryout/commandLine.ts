import { basename, extname } from 'node:path';
import type { Try } from './tries';

/** The command that makes the whole of a try, for a shell. `options`: words of the command line, quoted. */
export function commandLine(
  command: 'restore' | 'image',
  input: string,
  { model, steps }: Pick<Try, 'model' | 'steps'>,
  options: readonly string[] = [],
): string {
  const extension = command === 'restore' ? 'mp4' : 'png';
  const output = `${basename(input, extname(input))}.${basename(model)}.${extension}`;
  const count = steps === null ? [] : ['--steps', String(steps)];
  return ['remaster', command, quoted(input), quoted(output), '--model', quoted(model), ...count, ...options].join(' ');
}

/** A word of a shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
