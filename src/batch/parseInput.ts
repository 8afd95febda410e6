import { existsSync } from 'node:fs';

/** An input in words. */
interface NamedInput {
  readonly path: string;
  /** Of this input alone; null: it names none. */
  readonly preset: string | null;
}

/** `tapes`, or with a preset `tapes=vhs-pal`. A path that exists is one, also with an equals sign in it. */
export function parseInput(text: string): NamedInput {
  const [, path, preset] = /^(.+)=([^=\\/]+)$/s.exec(text) ?? [];
  return path === undefined || preset === undefined || existsSync(text)
    ? { path: text, preset: null }
    : { path, preset };
}
