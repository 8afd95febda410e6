import { existsSync } from 'node:fs';

/** An input as written, and the name or the file of its preset; null without. */
interface NamedInput {
  readonly path: string;
  readonly preset: string | null;
}

/**
 * `tapes`, or with a preset `tapes=vhs-pal` or `tapes=mine.json`. A path that exists is one, also with an equals sign in it.
 */
export function parseInput(text: string): NamedInput {
  const [, path, preset] = /^(.+)=([^=\\/]+|[^=]+\.json)$/s.exec(text) ?? [];
  if (path === undefined || preset === undefined || existsSync(text)) return { path: text, preset: null };
  return { path, preset };
}
