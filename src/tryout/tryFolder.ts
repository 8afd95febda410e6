import { lstat, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RemasterError } from '../errors';
import { unwritable } from '../pipeline/jobs/outputErrors';
import { outputExists } from '../pipeline/jobs/outputTarget';

/** A folder that is being filled. It gets its name when it is complete. */
export interface TryFolder {
  readonly path: string;
  /** Gives it its name; returns the path. */
  publish(): Promise<string>;
}

/** Errors: OUTPUT_EXISTS, OUTPUT_UNWRITABLE. */
export async function newFolder(output: string, overwrite: boolean): Promise<TryFolder> {
  try {
    await mayReplace(output, overwrite);
    const path = await mkdtemp(join(dirname(output), `.${basename(output)}.`.slice(0, 200)));
    await mkdir(join(path, 'media'));
    return {
      path,
      async publish() {
        await mayReplace(output, overwrite); // it took minutes
        await rm(output, { recursive: true, force: true });
        await rename(path, output);
        return output;
      },
    };
  } catch (error) {
    throw unwritable(output, error);
  }
}

/** Only an earlier page is ever deleted. */
async function mayReplace(output: string, overwrite: boolean): Promise<void> {
  const found = await lstat(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return;
  if (!overwrite) throw outputExists(output);
  const isPage = found.isDirectory() && (await hasFile(output, 'trial.js')) && (await hasFile(output, 'page.js'));
  if (!isPage)
    throw new RemasterError('OUTPUT_EXISTS', `${output} exists and is not the page of an earlier try.`, {
      remedy: 'Choose another folder.',
    });
}

const hasFile = (folder: string, name: string): Promise<boolean> =>
  stat(join(folder, name)).then(
    (found) => found.isFile(),
    () => false,
  );
