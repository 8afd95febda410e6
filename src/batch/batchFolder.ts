import { lstat, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { RemasterError } from '../errors';
import { makeFolder } from '../files/makeFolder';
import { sync } from '../files/sync';
import { unwritable } from '../pipeline/jobs/outputErrors';
import { lockedFolder } from '../pipeline/jobs/workFolder';
import type { ResultsFolder } from './findSources';
import { BatchJournal } from './batchJournal';
import { openReserve } from './reserve';

/** The output folder of a batch: one process at a time works in it. */
export interface BatchFolder extends ResultsFolder, AsyncDisposable {
  readonly journal: BatchJournal;
  readonly isCaseSensitive: boolean;
  /** Throws OUTPUT_BUSY if another batch has taken the folder over, and OUTPUT_UNWRITABLE if it is gone. */
  assertHeld(): Promise<void>;
  /** Replaces a file of the folder in one step. */
  replace(name: string, text: string): Promise<void>;
}

/** Its subfolder for the lock and the journal. */
const WORK = '.remaster-batch';
const REPORTS = ['report.csv', 'report.json'] as const;

/**
 * Makes the folder, if there is none, and locks it. Errors: OUTPUT_BUSY while another batch writes there, OUTPUT_EXISTS if
 * it has a report of another program, OUTPUT_UNWRITABLE, DISK_FULL.
 */
export async function openBatchFolder(out: string, overwrite: boolean, signal: AbortSignal): Promise<BatchFolder> {
  const path = resolve(out);
  const work = join(path, WORK);
  try {
    await makeFolder(path, 0o777);
    const isNew = (await unlessMissing(stat(work))) === null;
    if (isNew && !overwrite) await refuseForeignReports(path);
    const lock = await lockedFolder(work, path, signal);
    try {
      const real = await realpath(path);
      const reserve = await openReserve(join(work, 'reserve'));
      const journal = await BatchJournal.open(join(work, 'journal.jsonl'), reserve);
      const isCaseSensitive = (await unlessMissing(stat(join(path, WORK.toUpperCase())))) === null;
      return {
        path: real,
        journal,
        isCaseSensitive,
        assertHeld: () => lock.assertHeld(),
        isResult: (file) => journal.isResult(relative(real, file)),
        replace: (name, text) => reserve(() => replaceFile(join(work, `${name}.new`), join(path, name), text)),
        async [Symbol.asyncDispose]() {
          await journal.close();
          await lock.release();
        },
      };
    } catch (error) {
      await lock.release().catch(() => {}); // the error before it is the one to report
      throw error;
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Makes the folder of a result. Errors: OUTPUT_UNWRITABLE, also where a link leads out of the output folder `out`. */
export async function makeResultFolder(
  { path }: Pick<BatchFolder, 'path'>,
  out: string,
  output: string,
): Promise<void> {
  const folder = dirname(output);
  try {
    await makeFolder(folder, 0o777);
    const isLink = (await unlessMissing(lstat(output)))?.isSymbolicLink() === true;
    if (!isLink && relative(out, folder) === relative(path, await realpath(folder))) return;
  } catch (error) {
    throw unwritable(output, error);
  }
  throw new RemasterError('OUTPUT_UNWRITABLE', `Cannot write ${output}: a link there leads out of the output folder.`, {
    remedy: 'Remove the link, or choose another output folder.',
  });
}

/** Removes the folders of a result that was not made, up to `out`, as far as nothing is in them. */
export async function removeEmptyFolders(out: string, output: string): Promise<void> {
  for (let folder = dirname(output); folder !== out && dirname(folder) !== folder; folder = dirname(folder))
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      return;
}

async function refuseForeignReports(folder: string): Promise<void> {
  for (const name of REPORTS) {
    if ((await unlessMissing(stat(join(folder, name)))) === null) continue;
    throw new RemasterError('OUTPUT_EXISTS', `${join(folder, name)} already exists and is not of a batch.`, {
      remedy: 'Choose another output folder, or replace it (--overwrite).',
    });
  }
}

/** The temporary file is in the locked folder: no other process writes it. */
async function replaceFile(temporary: string, path: string, text: string): Promise<void> {
  try {
    await writeFile(temporary, text);
    await sync(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw unwritable(path, error);
  }
}

const unlessMissing = <T>(found: Promise<T>): Promise<T | null> =>
  found.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
