import { createHash } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RemasterError } from '../../errors';
import type { Segment } from '../media/mux';
import { diskFull } from '../media/runFfmpeg';

/**
 * The folder beside the output where a job works: `.<output>.remaster/`. It holds the finished segments, the journal that
 * names them, and a lock, so that two jobs never write the same output and an interrupted one can go on.
 */
export interface OutputFolder {
  readonly folder: string;
  readonly output: string;
  /** Segments of an interrupted run of the very same job. */
  readonly done: readonly Segment[];
  /** Enters a finished segment into the journal, after it is safe on disk. */
  commitSegment(segment: Segment): Promise<void>;
  /** Gives `file` of the work folder the name of the output, in one step. */
  publish(file: string, name?: string): Promise<string>;
  /** Leaves; with `keep`, segments and journal stay for the next run. */
  close(keep: boolean): Promise<void>;
}

/** `key` tells whether a journal belongs to the same job: source, model and settings. */
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
      const made = join(folder, file);
      await sync(made);
      if (overwrite) await rename(made, name);
      else await link(made, name).catch((cause: NodeJS.ErrnoException) => linkFailed(cause, made, name));
      await sync(dirname(name)).catch(() => {}); // not every file system can sync a folder
      return name;
    },
    close: (keep) =>
      keep && segments.length > 0
        ? rm(join(folder, 'lock'), { force: true })
        : rm(folder, { recursive: true, force: true }),
  };
}

export const workFolder = (output: string): string => join(dirname(resolve(output)), `.${basename(output)}.remaster`);

/** Removes what an interrupted job has left for this output, unless one is at work there now. */
export async function discardWork(output: string): Promise<void> {
  const folder = workFolder(output);
  const holder = await lockHolder(folder);
  if (holder === null || !isAlive(holder)) await rm(folder, { recursive: true, force: true });
}

/** The process that holds the lock; null when nobody does. */
const lockHolder = async (folder: string): Promise<number | null> =>
  Number(await readFile(join(folder, 'lock'), 'utf8').catch(() => '')) || null;

/** A name for everything that decides the pixels: equal keys give equal segments. */
export const jobKey = (parts: unknown): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

async function checkTarget(target: string, overwrite: boolean): Promise<void> {
  const folder = dirname(target);
  const there = await stat(folder).catch(() => null);
  if (!there?.isDirectory()) {
    throw new RemasterError('OUTPUT_UNWRITABLE', `The folder ${folder} does not exist.`, {
      remedy: 'Create it, or choose another output.',
    });
  }
  const old = await stat(target).catch(() => null);
  if (old?.isDirectory())
    throw new RemasterError('OUTPUT_UNWRITABLE', `${target} is a folder.`, { remedy: 'Name a file in it.' });
  if (old && !overwrite) throw outputExists(target);
}

const outputExists = (target: string, cause?: unknown) =>
  new RemasterError('OUTPUT_EXISTS', `${target} exists already.`, {
    remedy: 'Choose another name, or allow overwriting.',
    cause,
  });

/** Takes the lock, also from a process that died holding it. */
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
      throw new RemasterError('OUTPUT_BUSY', `Another job (process ${holder ?? 'unknown'}) is writing ${target} now.`, {
        remedy: 'Wait for it, or choose another name.',
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
    return []; // no journal, or a torn one: the job begins anew
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

/** File systems without hard links: claim the name first, then move over it. */
async function linkFailed(cause: NodeJS.ErrnoException, made: string, name: string): Promise<void> {
  if (cause.code === 'EEXIST') throw outputExists(name, cause);
  const claim = await open(name, 'wx').catch((error: unknown) => {
    throw outputExists(name, error);
  });
  await claim.close();
  await rename(made, name);
}

const ignore =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error;
  };

/** Turns a refusal of the file system into a sentence. */
export function unwritable(target: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (cause instanceof RemasterError || code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(message);
  return new RemasterError('OUTPUT_UNWRITABLE', `${target} cannot be written: ${message}.`, {
    remedy: 'Check the rights and the space of its folder.',
    cause,
  });
}
