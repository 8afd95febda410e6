import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { RemasterError } from '../errors';
import { isMatch } from './matchName';

/** What a pattern has matched. `base`: the folder before its first special character. */
export interface GlobMatches {
  readonly base: string;
  /** Absolute, in alphabetical order. */
  readonly paths: readonly string[];
}

export const isGlob = (text: string): boolean => /[*?[{]/.test(text);

/**
 * Expands `*`, `?`, `[a-z]`, `{a,b}` and `**` (any number of folders), as shells do, for a pattern in quotes. Hidden names are
 * matched only by a pattern with their dot. Folders that cannot be read match nothing.
 */
export async function expandGlob(pattern: string): Promise<GlobMatches> {
  const parts = (process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern).split('/');
  const first = parts.findIndex(isGlob);
  const base = resolve(parts.slice(0, first).join('/') || (parts[0] === '' ? sep : '.'));
  const found = new Set<string>();
  for (const one of withoutBraces(parts.slice(first).join('/')))
    for (const path of await matches(
      base,
      one.split('/').filter((part) => part !== ''),
      new Set(),
    ))
      found.add(path);
  return { base, paths: [...found].toSorted() };
}

/** `visited`: folders that `**` has led to, so that links in a circle end. */
async function matches(folder: string, parts: readonly string[], visited: Set<string>): Promise<string[]> {
  const [part, ...rest] = parts;
  if (part === undefined) return [folder];
  if (part !== '**') {
    if (!isGlob(part)) return (await exists(join(folder, part))) ? matches(join(folder, part), rest, visited) : [];
    const names = (await namesIn(folder)).filter((name) => isMatch(name, part));
    return (await Promise.all(names.map((name) => matches(join(folder, name), rest, visited)))).flat();
  }
  const real = `${await realpath(folder).catch(() => folder)}\0${rest.join('/')}`;
  if (visited.has(real)) return [];
  visited.add(real);
  const here = await matches(folder, rest, visited);
  const deeper: string[] = [];
  for (const name of await namesIn(folder))
    if (!name.startsWith('.') && (await isFolder(join(folder, name))))
      deeper.push(...(await matches(join(folder, name), parts, visited)));
  return [...here, ...deeper];
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const isFolder = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isDirectory() === true;

/** Most patterns that one with braces stands for. */
const MAX_PATTERNS = 1000;

/** `a.{mov,mp4}` is `a.mov` and `a.mp4`. */
function withoutBraces(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const [whole, before, list, after] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(one) ?? [];
    if (whole === undefined) done.push(one);
    else open.push(...list!.split(',').map((word) => before! + word + after!));
    if (done.length + open.length > MAX_PATTERNS)
      throw new RemasterError('BAD_SETTING', `The pattern ${pattern} stands for more than ${MAX_PATTERNS} others.`, {
        remedy: 'Use fewer braces.',
      });
  }
  return done;
}
