import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RemasterError } from '../../errors';
import { sync } from '../../files/sync';
import { identityKey } from './identity';
import { type FoundJournal, writeJournal } from './journal';
import { type MadeSegment, madeSegments } from './madeSegments';
import { unwritable } from './outputErrors';
import type { OutputLock } from './outputLock';
import type { ImageName } from '../../settings/imageOutput';
import { type Companion, publishWith } from './companions';
import { checkTarget } from './outputTarget';
import { publishFile } from './publishFile';
import { checkMarked, publishFolder } from './publishFolder';
import type { Segment } from './segment';
import { clear, removeEmpty } from './workFolder';
import { tryGrowing, tryWriting } from './writeTrial';

/**
 * The folder next to the output where a job keeps its files: `.<output>.remaster/`. It holds the finished segments, the
 * journal that lists them, and a lock, so that two jobs never write the same output and an interrupted job can be
 * resumed.
 */
export interface OutputFolder {
  readonly folder: string;
  /** Where the result gets its name: the file itself if the job was given a link to one. */
  readonly output: string;
  /** Segments of an interrupted run of the same job. */
  readonly done: readonly Segment[];
  /** Those that several machines have finished behind a gap, by their numbers. */
  readonly later: ReadonlyMap<number, MadeSegment>;
  /** Frames that were finished, but whose files are missing or incomplete. */
  readonly lost: number;
  /** Versions of other ffmpegs that encoded `done`. */
  readonly otherFfmpegs: readonly string[];
  /** Path of a new segment. Errors: OUTPUT_BUSY if another job has taken the folder over. */
  newSegment(): Promise<string>;
  /** Flushes a finished segment to disk and adds it to the journal. `hashBytes`: size of the file of its hashes. */
  commitSegment(path: string, frames: number, hashBytes?: number): Promise<Segment>;
  /** Adds finished segments to the journal, the next ones in their order. Without any, it only writes the journal. */
  adopt(segments: readonly Segment[]): Promise<void>;
  /** Moves `file` to the path of the output, atomically; its companions get their names just before. */
  publish(file: string, name?: string, companions?: readonly Companion[]): Promise<string>;
  /** Moves a folder to `path`, atomically. `mark`: a file of folders that may be replaced. */
  publishFolder(name: string, path: string, mark: string): Promise<void>;
  /** Whether the output, or a part of it, has its name. */
  isPublished(): boolean;
  /** Whether the folder takes more. Errors: DISK_FULL, OUTPUT_UNWRITABLE. */
  assertWritable(): Promise<void>;
  /** The error to report when `error` has ended the job: what the system says about the folder where ffmpeg failed. */
  explain(error: unknown): Promise<unknown>;
  /** Releases the lock. Without `keepSegments` the folder is deleted. Never rejects: returns what failed, as warnings. */
  close(options: { readonly keepSegments: boolean }): Promise<readonly string[]>;
}

/** A work folder whose lock is held. */
export interface LockedFolder {
  readonly folder: string;
  readonly target: string;
  readonly lock: OutputLock;
  readonly overwrite: boolean;
  /** Version of the ffmpeg that encodes. */
  readonly ffmpeg: string;
  /** Names of the images of a folder; null: the output is a file. */
  readonly images: ImageName | null;
}

/** `found`: the journal of the run that this job continues. */
export function lockedOutput(locked: LockedFolder, found: FoundJournal): OutputFolder {
  const { folder, target, lock, overwrite, ffmpeg, images } = locked;
  const otherFfmpegs = found.ffmpegs.filter((version) => version !== ffmpeg);
  const publishImages = (path: string, name: string, names: ImageName): Promise<void> => {
    const check = (): Promise<void> => checkTarget(name, overwrite, [], names);
    return publishFolder(path, name, { check, aside: join(folder, 'old.images') });
  };
  let isPublished = false;
  let journal = { ...found, ffmpegs: [...otherFfmpegs, ffmpeg] };
  const append = async (segments: readonly Segment[]): Promise<void> => {
    journal = { ...journal, segments: [...journal.segments, ...segments] };
    await writeJournal(folder, journal);
  };
  return {
    folder,
    output: target,
    done: found.segments,
    later: found.later,
    lost: found.lost,
    otherFfmpegs,
    async newSegment() {
      await lock.assertHeld();
      return join(folder, `${String(journal.segments.length).padStart(6, '0')}.nut`);
    },
    async commitSegment(path, frames, hashBytes) {
      await lock.assertHeld();
      await sync(path);
      const bytes = (await stat(path)).size;
      const segment = { file: basename(path), frames, bytes, ...(hashBytes !== undefined && { hashBytes }) };
      await append([segment]);
      return segment;
    },
    async adopt(segments) {
      await lock.assertHeld();
      await append(segments);
    },
    async publish(file, name = target, companions = []) {
      await lock.assertHeld();
      const path = join(folder, file);
      await publishWith(folder, companions, overwrite, () =>
        images === null ? publishFile(path, name, { overwrite, folder }) : publishImages(path, name, images),
      );
      isPublished = true;
      return name;
    },
    async publishFolder(name, path, mark) {
      await lock.assertHeld();
      const check = (): Promise<void> => checkMarked(path, overwrite, mark);
      await publishFolder(join(folder, name), path, { check, aside: join(folder, `old.${name}`) });
      isPublished = true;
    },
    isPublished: () => isPublished,
    async assertWritable() {
      await tryWriting(folder).catch((cause: unknown) => {
        throw unwritable(target, cause);
      });
    },
    async explain(error) {
      if (!(error instanceof RemasterError) || error.code !== 'ENCODE_FAILED') return unwritable(target, error);
      return tryToContinue(folder, journal.segments).then(
        () => error,
        (cause: unknown) => unwritable(target, cause, error.detail),
      );
    },
    async close({ keepSegments }) {
      const warnings: string[] = [];
      const left = ({ message }: Error): void => void warnings.push(`${folder} could not be deleted: ${message}.`);
      const kept = async (): Promise<readonly Segment[]> => {
        const made = journal.identity ? await madeSegments(folder, identityKey(journal.identity)) : null;
        return [...journal.segments, ...(made?.values() ?? [])];
      };
      if (await isHeld(lock)) await clear(folder, keepSegments ? await kept() : []).catch(left);
      await lock.release().catch(left);
      await removeEmpty(folder);
      return warnings;
    },
  };
}

/** Writes what a failed ffmpeg could not. Rejects with the error of the system; damages the unfinished files. */
async function tryToContinue(folder: string, finished: readonly Segment[]): Promise<void> {
  await tryWriting(folder);
  const kept = new Set(finished.map(({ file }) => file));
  for (const name of await readdir(folder))
    if (UNFINISHED.test(name) && !kept.has(name)) await tryGrowing(join(folder, name));
}

/** Segments and the whole video. */
const UNFINISHED = /^(\d+(\.\w+)?\.nut|frames\.nut|whole\.\w+)$/;

const isHeld = (lock: OutputLock): Promise<boolean> =>
  lock.assertHeld().then(
    () => true,
    () => false,
  );
