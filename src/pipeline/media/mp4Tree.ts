import { expectStructure } from './fileChange';

/** A box of ISO/IEC 14496-12, 4.2; its positions in the bytes of `moov`. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** After size and type. */
  readonly content: number;
  readonly end: number;
}

/** The bytes of a box after the boxes that begin at the keys of `changed` have been replaced. */
export function rebuild(moov: Buffer, box: Box, changed: ReadonlyMap<number, Buffer>): Buffer {
  const own = changed.get(box.start);
  if (own) return own;
  if (![...changed.keys()].some((at) => at > box.start && at < box.end)) return moov.subarray(box.start, box.end);
  const children = boxesIn(moov, box.content, box.end).map((child) => rebuild(moov, child, changed));
  return boxOf(box.type, ...children);
}

/** A box with its size and type. */
export function boxOf(type: string, ...content: readonly Uint8Array[]): Buffer {
  const box = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), ...content]);
  expectStructure(box.length <= 0xffffffff, 'a box of 4 GiB');
  box.writeUInt32BE(box.length);
  return box;
}

/** The boxes between two positions. */
export function boxesIn(moov: Buffer, from: number, to: number): readonly Box[] {
  const boxes: Box[] = [];
  for (let start = from; start < to;) {
    const size = moov.readUInt32BE(start);
    expectStructure(size >= 8 && start + size <= to, 'a box without its end');
    boxes.push({ type: moov.toString('latin1', start + 4, start + 8), start, content: start + 8, end: start + size });
    start += size;
  }
  return boxes;
}

/** The first box of the type. */
export const childOf = (moov: Buffer, parent: Box, type: string): Box | undefined =>
  boxesIn(moov, parent.content, parent.end).find((box) => box.type === type);

/** Throws UnknownStructure where there is no such box. */
export function need(moov: Buffer, parent: Box, type: string): Box {
  const box = childOf(moov, parent, type);
  expectStructure(box !== undefined, `no ${type} box`);
  return box;
}
