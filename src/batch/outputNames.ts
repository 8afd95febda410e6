import { basename, extname, join, parse } from 'node:path';
import { RemasterError } from '../errors';
import { derivedName } from '../pipeline/jobs/derivedName';
import { extensionOf, hasContainer } from '../settings/container';
import { isImageCodec } from '../settings/imageOutput';
import { fillTemplate } from '../settings/nameTemplate';
import type { Job } from '../settings/restoreJob';
import type { Source } from './findSources';

/** What the name of a result may contain besides the name of its source. */
export interface NamedBy {
  readonly codec: Job['codec'];
  /** Null where the template has no use for it. */
  readonly model: string | null;
  readonly scale: number | null;
}

/** Throws BAD_SETTING for a template that fits no file. */
export function checkTemplate(template: string): void {
  const bad = (what: string): RemasterError =>
    new RemasterError('BAD_SETTING', `The file name ${template} contains ${what}.`, {
      remedy: 'Give a file name such as {name}_x{scale}; the folders are those of the sources.',
    });
  if (/[/\\]/.test(template)) throw bad('a slash');
  if (/\p{Cc}/u.test(template)) throw bad('a control character');
  fillTemplate(template, partsOf({ path: 'a.mov', isFolder: false }, { codec: 'h264', model: 'x2', scale: 2 }));
}

/** Which of the parts that cost time a template needs. */
export const needsModel = (template: string): boolean => /\{(model|scale)\}/.test(template);

/** The path of the result of a source. It is always in `out`. */
export function outputPath(
  out: string,
  template: string,
  source: Pick<Source, 'path' | 'subfolder' | 'isFolder'>,
  named: NamedBy,
): string {
  const filled = fillTemplate(template, partsOf(source, named)).replaceAll(/\p{Cc}/gu, '_');
  const end = `.${extensionOf(named.codec)}`;
  const whole = filled.endsWith(end) || (hasContainer(filled) && !isImageCodec(named.codec)) ? filled : filled + end;
  const extension = extname(whole);
  const stem = basename(whole, extension);
  const isNoName = stem === '' || stem === '.' || stem === '..' || stem.startsWith('.');
  return join(out, source.subfolder, derivedName(isNoName ? `_${stem}` : stem, { after: '', extension }));
}

function partsOf({ path, isFolder }: Pick<Source, 'path' | 'isFolder'>, { codec, model, scale }: NamedBy) {
  const { name, ext, base } = parse(path);
  return {
    name: isFolder ? base : name,
    type: isFolder ? '' : ext.slice(1),
    scale: scale === null ? '' : String(scale),
    model: model === null ? '' : basename(model),
    codec,
    ext: extensionOf(codec),
  };
}

/** A source and the name of its result. */
interface Named {
  readonly input: string;
  readonly output: string;
}

/**
 * Names that several results would have. `taken`: earlier ones, which keep theirs. On a file system that ignores capital
 * letters, names that differ only in those are the same.
 */
export class OutputNames {
  readonly #taken = new Map<string, string>();

  constructor(private readonly isCaseSensitive: boolean) {}

  /** An error for each of `named` that cannot have its name; null for those that got it. */
  claim(named: readonly Named[]): (RemasterError | null)[] {
    const groups = new Map<string, Set<string>>();
    for (const { input, output } of named) {
      const group = groups.get(this.#fold(output)) ?? new Set();
      groups.set(this.#fold(output), group.add(input));
    }
    return named.map(({ input, output }) => {
      const name = this.#fold(output);
      const owner = this.#taken.get(name) ?? [...groups.get(name)!].find((one) => one !== input) ?? input;
      if (owner !== input) return clash(input, owner, output);
      this.#taken.set(name, input);
      return null;
    });
  }

  #fold(output: string): string {
    return this.isCaseSensitive ? output : output.normalize('NFC').toLowerCase();
  }
}

const clash = (input: string, other: string, output: string): RemasterError =>
  new RemasterError('OUTPUT_CLASH', `${input} and ${other} would both be written to ${output}.`, {
    remedy: 'Give the results different names, for example --name "{name}_{type}", or restore them into two folders.',
  });
