import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LiveTarget } from '../../../settings/liveJob';

type Segments = Extract<LiveTarget, { kind: 'segments' }>;

/** Files of this recording, oldest first; other files of the folder are ignored. */
async function recordings({ folder, name }: Pick<Segments, 'folder' | 'name'>): Promise<readonly string[]> {
  const isRecording = (file: string): boolean => file.startsWith(`${name}_`) && STAMP.test(file.slice(name.length));
  return (await readdir(folder)).filter(isRecording).toSorted(byTime(name.length));
}

/**
 * `_2026-11-25_19-00-00+0000.mp4`: with the UTC offset, so that the hour repeated at the end of daylight saving time
 * does not overwrite files.
 */
const STAMP = /^_(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)([+-]\d{4})?\.mp4$/;

const byTime =
  (from: number) =>
  (a: string, b: string): number =>
    timeOf(a.slice(from)) - timeOf(b.slice(from));

function timeOf(stamp: string): number {
  const [, day, h, m, s, offset = '+0000'] = STAMP.exec(stamp)!;
  return Date.parse(`${day}T${h}:${m}:${s}${offset.slice(0, 3)}:${offset.slice(3)}`);
}

/**
 * Deletes the oldest recordings until the limits are met. The newest is still being written and is kept. Returns the
 * deleted paths.
 */
export async function keepWithin(target: Segments, now = Date.now()): Promise<readonly string[]> {
  const { count, hours, bytes } = target.keep;
  if (count === null && hours === null && bytes === null) return [];
  const files = await recordings(target);
  const deleted: string[] = [];
  let total = 0;
  for (const [age, file] of files.toReversed().entries()) {
    const path = join(target.folder, file);
    const found = await stat(path).catch(() => null); // already deleted
    if (!found) continue;
    total += found.size;
    const isOver =
      (count !== null && age >= count) ||
      (hours !== null && now - found.mtimeMs > hours * 3_600_000) ||
      (bytes !== null && total > bytes);
    if (age === 0 || !isOver) continue;
    await rm(path, { force: true });
    total -= found.size;
    deleted.push(path);
  }
  return deleted;
}
