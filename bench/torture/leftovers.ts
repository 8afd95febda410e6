import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processes } from '../../test/support/processes';

/** Folders for temporary and cached files of the cases only: a file that stays there was left by a case. */
export function ownFolders(folder: string): { readonly temporary: string } {
  const [temporary, cache] = [join(folder, 'temporary'), join(folder, 'cache')];
  for (const each of [temporary, cache]) mkdirSync(each, { recursive: true });
  process.env['TMPDIR'] = temporary;
  process.env['XDG_CACHE_HOME'] = cache;
  return { temporary };
}

/** Whether a process is an ffmpeg or an ffprobe. */
const MEDIA = /^\S*ff(mpeg|probe)\S*( |$)/;
const MEDIA_OR_ENGINE = /^\S*ff(mpeg|probe)\S*( |$)|[\\/]engine[\\/]process[\\/]main\.js/;

interface Look {
  /** Where results are written, and which files may be there. */
  readonly results: string;
  readonly may: RegExp;
  readonly temporary: string;
  /** An engine of the bench itself runs. */
  readonly hasEngine: boolean;
}

/** Leftovers of a case that has ended, in words; its files are deleted. Processes may take two seconds to be gone. */
export async function leftovers({ results, may, temporary, hasEngine }: Look): Promise<readonly string[]> {
  const pattern = hasEngine ? MEDIA : MEDIA_OR_ENGINE;
  for (let i = 0; i < 20 && processes(pattern).length > 0; i++) await sleep(100);
  return [
    ...processes(pattern),
    ...swept(results, may).map((name) => `file ${name}`),
    ...swept(temporary, /^$/).map((name) => `temporary ${name}`),
  ];
}

function swept(folder: string, may: RegExp): readonly string[] {
  const names = readdirSync(folder);
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
  return names.filter((name) => !may.test(name));
}
