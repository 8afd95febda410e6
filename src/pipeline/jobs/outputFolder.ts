import { link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RemasterError } from '../../errors';
import type { Segment } from '../media/mux';
import { diskFull } from '../media/runFfmpeg';

/**
 * The folder next to the output where a job keeps its files: `.<output>.remaster/`. It holds the finished segments, the
 * journal that lists them, and a lock, so that two jobs never write the same output and an interrupted job can be
 * resumed.
 */
export interface OutputFolder {
  readonly folder: string;
  readonly output: string;
  /** Segments of an interrupted run of the same job. */
  readonly done: readonly Segment[];
  /** Flushes a finished segment to disk and adds it to the journal. */
  commitSegment(segment: Segment): Promise<void>;
  /** Moves `file` to the path of the output, atomically. */
  publish(file: string, name?: string): Promise<string>;
  /** Releases the lock. Without `keepSegments` the folder is deleted. */
  close(options: { readonly keepSegments: boolean }): Promise<void>;
}

/** A journal with another `key` belongs to another source, model or settings and is discarded. */
export async function openOutputFolder(
  output: string,
  key: string,
  { overwrite, resume }: { overwrite: boolean; resume: boolean },
): Promise<OutputFolder> {
  const target = resolve(output);
  const folder = workFolder(target);
  await checkTarget(target, overwrite);
  try {
    await mkdir(folder).catch(ignore('EEXIST'));
    await lock(folder, target);
  } catch (cause) {
    throw unwritable(target, cause);
  }
  const journal = join(folder, 'journal.json');
  const done = resume ? await readJournal(journal, folder, key) : [];
  if (done.length === 0) await clear(folder);
  let segments: readonly Segment[] = done;
  return {
    folder,
    output: target,
    done,
    async commitSegment(segment) {
      await sync(join(folder, segment.file));
      segments = [...segments, segment];
      await writeFile(`${journal}.new`, JSON.stringify({ version: 1, key, segments }));
      await sync(`${journal}.new`);
      await rename(`${journal}.new`, journal);
    },
    async publish(file, name = target) {
      const source = join(folder, file);
      await sync(source);
      if (overwrite) await rename(source, name);
      else await link(source, name).catch((cause: NodeJS.ErrnoException) => linkFailed(cause, source, name));
      await sync(dirname(name)).catch(() => {}); // not supported by every file system
      return name;
    },
    close: ({ keepSegments }) =>
      keepSegments && segments.length > 0
        ? rm(join(folder, 'lock'), { force: true })
        : rm(folder, { recursive: true, force: true }),
  };
}

export const workFolder = (output: string): string => join(dirname(resolve(output)), `.${basename(output)}.remaster`);

/** Deletes the work folder of an interrupted job, unless a running job holds its lock. */
export async function discardWork(output: string): Promise<void> {
  const folder = workFolder(output);
  const holder = await lockHolder(folder);
  if (holder === null || !isAlive(holder)) await rm(folder, { recursive: true, force: true });
}

/** The id of the process that holds the lock; null without a lock. */
const lockHolder = async (folder: string): Promise<number | null> =>
  Number(await readFile(join(folder, 'lock'), 'utf8').catch(() => '')) || null;

async function checkTarget(target: string, overwrite: boolean): Promise<void> {
  const folder = dirname(target);
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) {
    throw new RemasterError('OUTPUT_UNWRITABLE', `The folder ${folder} does not exist.`, {
      remedy: 'Create it, or choose another output.',
    });
  }
  const existing = await stat(target).catch(() => null);
  if (existing?.isDirectory())
    throw new RemasterError('OUTPUT_UNWRITABLE', `${target} is a folder.`, {
      remedy: 'Enter the name of a file in it.',
    });
  if (existing && !overwrite) throw outputExists(target);
}

const outputExists = (target: string, cause?: unknown) =>
  new RemasterError('OUTPUT_EXISTS', `${target} already exists.`, {
    remedy: 'Choose another name, or allow overwriting.',
    cause,
  });

/** Acquires the lock, also from a process that died while holding it. */
async function lock(folder: string, target: string): Promise<void> {
  const path = join(folder, 'lock');
  for (let attempt = 0; ; attempt++) {
    const file = await open(path, 'wx').catch(ignore('EEXIST'));
    if (file) {
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    }
    const holder = await lockHolder(folder);
    if (attempt > 0 || holder === null || isAlive(holder)) {
      throw new RemasterError('OUTPUT_BUSY', `Another job (process ${holder ?? 'unknown'}) is writing ${target}.`, {
        remedy: 'Wait until it has finished, or choose another name.',
      });
    }
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readJournal(path: string, folder: string, key: string): Promise<readonly Segment[]> {
  try {
    const journal = JSON.parse(await readFile(path, 'utf8')) as { version: number; key: string; segments: Segment[] };
    if (journal.version !== 1 || journal.key !== key) return [];
    for (const { file } of journal.segments) if ((await stat(join(folder, file))).size === 0) return [];
    return journal.segments;
  } catch {
    return []; // no journal or an incomplete one: start from the beginning
  }
}

async function clear(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name !== 'lock') await rm(join(folder, name), { recursive: true, force: true });
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** For file systems without hard links: create the file first, then rename over it. */
async function linkFailed(cause: NodeJS.ErrnoException, source: string, name: string): Promise<void> {
  if (cause.code === 'EEXIST') throw outputExists(name, cause);
  const claim = await open(name, 'wx').catch((error: unknown) => {
    throw outputExists(name, error);
  });
  await claim.close();
  await rename(source, name);
}

const ignore =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error;
  };

/** Converts an error of the file system into a `RemasterError`. */
export function unwritable(target: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (cause instanceof RemasterError || code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(message);
  return new RemasterError('OUTPUT_UNWRITABLE', `Cannot write ${target}: ${message}.`, {
    remedy: 'Check the permissions and the free space of its folder.',
    cause,
  });
}
