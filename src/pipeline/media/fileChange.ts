import type { FileHandle } from 'node:fs/promises';

/** A change of a file, planned completely before the first byte is written. All positions in bytes. */
export interface FileChange {
  /** Parts to move towards the end of the file, in increasing order, before anything is written. */
  readonly moves: readonly { readonly from: number; readonly to: number; readonly by: number }[];
  readonly writes: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** A part of a file and the bytes that replace it. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/**
 * The change of a file of `size` bytes that replaces the parts, which are not empty and do not overlap, and moves the rest.
 * `newPlace` returns where a byte that is not replaced comes to be.
 */
export function replaceParts(
  parts: readonly Part[],
  size: number,
): { readonly change: FileChange; readonly newPlace: (at: number) => number } {
  const sorted = parts.toSorted((a, b) => a.start - b.start);
  const newPlace = (at: number): number =>
    sorted.reduce((place, { start, end, bytes }) => place + (start < at ? bytes.length - (end - start) : 0), at);
  const change = {
    moves: sorted.map(({ end }, i) => {
      const by = newPlace(end) - end;
      expectStructure(by >= 0, 'a part becomes shorter');
      return { from: end, to: sorted[i + 1]?.start ?? size, by };
    }),
    writes: sorted.map(({ start, bytes }) => ({ at: newPlace(start), bytes })),
  };
  return { change, newPlace };
}

/** The structure of a file is not the one ffmpeg writes. Thrown while a change is planned. */
export class UnknownStructure extends Error {}

/** Throws UnknownStructure unless the condition holds. */
export function expectStructure(condition: boolean, what: string): asserts condition {
  if (!condition) throw new UnknownStructure(what);
}

export async function applyChange(file: FileHandle, { moves, writes }: FileChange): Promise<void> {
  for (const { from, to, by } of moves.toReversed()) if (by > 0) await move(file, from, to, by);
  for (const { at, bytes } of writes) await writeAll(file, bytes, at);
}

/** From the end backwards: the new place of a part overlaps the old place of the one after it. */
async function move(file: FileHandle, from: number, to: number, by: number): Promise<void> {
  for (let end = to; end > from;) {
    const start = Math.max(from, end - CHUNK);
    await writeAll(file, await readAll(file, start, end), start + by);
    end = start;
  }
}

const CHUNK = 1 << 22;

/** The bytes from `start` to `end`. */
export async function readAll(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
    expectStructure(bytesRead > 0, 'the file ends too early');
    done += bytesRead;
  }
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
