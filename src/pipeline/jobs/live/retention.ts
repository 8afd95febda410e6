import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LiveTarget } from '../../../settings/liveJob';

export type Segments = Extract<LiveTarget, { kind: 'segments' }>;

/** Deletes the oldest recordings of one recorder. */
export interface Retention {
  /**
   * Call when a file is finished: deletes those written first until the limits are met. The one being written is kept,
   * and so is the one written last. Returns the deleted paths; rejects, after the others, when one cannot be deleted.
   */
  finished(file: string): Promise<readonly string[]>;
}

/**
 * Keeps recordings by the order in which they were written, not by the times in their names: a clock may be set back.
 * Of this recorder's own files the order is known; earlier ones are ordered by their times, where a time in the future
 * is from before the clock was set right.
 */
export async function openRetention({ folder, name, keep }: Omit<Segments, 'kind' | 'seconds'>): Promise<Retention> {
  const { count, hours, bytes } = keep;
  const list = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((file) => file.startsWith(`${name}_`) && STAMP.test(file.slice(name.length)));
  const earlier = new Set(await list());
  let written: readonly string[] = [];

  return {
    async finished(file) {
      earlier.delete(file);
      written = [...written.filter((one) => one !== file), file];
      if (count === null && hours === null && bytes === null) return [];
      const now = Date.now();
      const found = new Map<string, Found>();
      for (const one of await list()) {
        const { size, mtimeMs } = (await stat(join(folder, one)).catch(() => null)) ?? {};
        if (size !== undefined) found.set(one, { size, mtimeMs: mtimeMs! });
      }
      written = written.filter((one) => found.has(one)); // one name per file that is kept
      const old = [...found.keys()].filter((one) => earlier.has(one)).toSorted(byTime(found, now));
      // A file that is neither an earlier one nor finished is being written: not in this list, but it counts.
      const order = [...old, ...written];
      const deleted: string[] = [];
      let total = 0;
      for (const { size } of without(found, order)) total += size;
      const isWriting = found.size > order.length ? 1 : 0;
      let failure: { readonly error: unknown } | null = null;
      for (const [age, one] of order.toReversed().entries()) {
        const { size, mtimeMs } = found.get(one)!;
        total += size;
        const isOver =
          (count !== null && age + isWriting >= count) ||
          (hours !== null && Math.abs(now - mtimeMs) > hours * HOUR) ||
          (bytes !== null && total > bytes);
        if (age === 0 || !isOver) continue;
        try {
          await rm(join(folder, one), { force: true });
        } catch (error) {
          failure ??= { error };
          continue;
        }
        total -= size;
        deleted.push(join(folder, one));
      }
      if (failure) throw failure.error;
      return deleted;
    },
  };
}

interface Found {
  readonly size: number;
  readonly mtimeMs: number;
}

const HOUR = 3_600_000; // ms

/**
 * `_2026-11-25_19-00-00+0000.mp4`: with the UTC offset, so that the hour repeated at the end of daylight saving time
 * does not overwrite files.
 */
const STAMP = /^_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d([+-]\d{4})?\.mp4$/;

/** Milliseconds by which the clocks of a file server may differ. */
const SLACK = 60_000;

/** Oldest first; files dated in the future come before all others. */
const byTime = (found: ReadonlyMap<string, Found>, now: number) => {
  const time = (file: string): number => {
    const { mtimeMs } = found.get(file)!;
    return mtimeMs > now + SLACK ? -1 / mtimeMs : mtimeMs;
  };
  return (a: string, b: string): number => time(a) - time(b) || a.localeCompare(b);
};

function* without(found: ReadonlyMap<string, Found>, order: readonly string[]): Generator<Found> {
  for (const [file, one] of found) if (!order.includes(file)) yield one;
}
