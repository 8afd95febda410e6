import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, extname, join, parse, resolve } from 'node:path';
import { extensionOf } from '../../src/settings/container';
import type { CodecName } from '../../src/settings/restoreJob';

export interface NameParts {
  /** File name of the source. */
  readonly label: string;
  readonly scale: number | null;
  readonly model: string;
  readonly codec: CodecName;
  readonly now: Date;
}

/** The placeholders of file names and folders. */
export function placeholders({ label, scale, model, codec, now }: NameParts): Record<string, string> {
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    name: nameIn(label),
    scale: scale === null ? '' : String(scale),
    model: basename(model),
    codec,
    ext: extensionOf(codec),
    date: `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`,
    time: `${two(now.getHours())}-${two(now.getMinutes())}-${two(now.getSeconds())}`,
    tmp: tmpdir(),
    home: homedir(),
  };
}

/** The file name without its extension. `.` and `..` would lead out of the folder of a template, `/srv/{name}`. */
function nameIn(label: string): string {
  const { name } = parse(label);
  return name === '.' || name === '..' ? '_' : name;
}

/** The output path: the name below the folder, or the name alone if it is absolute. */
export const inFolder = (folder: string, name: string): string => resolve(folder, name);

/** The path, or with `_2`, `_3`, … before the extension: the first that no file and no other job uses. */
export function freeName(path: string, promised: ReadonlySet<string>): string {
  const extension = extname(path);
  const stem = join(dirname(path), basename(path, extension));
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${stem}_${number}${extension}`;
    if (!existsSync(candidate) && !promised.has(candidate)) return candidate;
  }
}
