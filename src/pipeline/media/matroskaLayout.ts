import type { FileHandle } from 'node:fs/promises';
import { type Element, elementAt } from './ebml';
import { expectStructure, readAll } from './fileChange';

/** The top-level elements of a Matroska file; positions in the file. RFC 9559, 5.1. */
export interface Layout {
  readonly segment: Element;
  readonly info: Element;
  readonly tracks: Element;
  readonly clusters: readonly Element[];
  readonly seekHead: Element | undefined;
  /** Free space for the SeekHead to grow. */
  readonly voidAfterSeekHead: Element | undefined;
  readonly tags: Element | undefined;
  readonly cues: Element | undefined;
}

/** Reads the header of each top-level element, and no media data. */
export async function readLayout(file: FileHandle, size: number): Promise<Layout> {
  const bytesAt = byteReader(file, size);
  const header = await readElement(bytesAt, 0);
  expectStructure(header.id === 0x1a45dfa3, 'no EBML header');
  const segment = await readElement(bytesAt, header.end);
  expectStructure(segment.id === 0x18538067 && segment.end === size, 'no Segment up to the end of the file');
  const elements: Element[] = [];
  for (let at = segment.content; at < size; at = elements.at(-1)!.end) {
    const element = await readElement(bytesAt, at);
    expectStructure(element.end <= size, 'an element without its end');
    elements.push(element);
  }
  const one = (id: number): Element | undefined => {
    const found = elements.filter((element) => element.id === id);
    expectStructure(found.length <= 1, 'an element twice');
    return found[0];
  };
  const [info, tracks, seekHead] = [one(0x1549a966), one(0x1654ae6b), one(0x114d9b74)];
  expectStructure(info !== undefined && tracks !== undefined, 'no Info or no Tracks');
  return {
    ...{ segment, info, tracks, seekHead, tags: one(0x1254c367), cues: one(0x1c53bb6b) },
    clusters: elements.filter(({ id }) => id === 0x1f43b675),
    voidAfterSeekHead: elements.find(({ id, start }) => id === 0xec && start === seekHead?.end),
  };
}

/** Returns some bytes of the file from a position on: 64, or fewer at its end. */
export type ByteReader = (at: number) => Promise<Buffer>;

/** Reads a file in windows, because the elements in the last clusters are many and small. */
export function byteReader(file: FileHandle, size: number): ByteReader {
  let window: Buffer = Buffer.alloc(0);
  let from = 0;
  return async (at) => {
    const end = Math.min(size, at + 64);
    if (at < from || end > from + window.length)
      [window, from] = [await readAll(file, at, Math.min(size, at + WINDOW)), at];
    return window.subarray(at - from, end - from);
  };
}

const WINDOW = 1 << 14;

/** The header of the element at a position. */
export const readElement = async (bytesAt: ByteReader, at: number): Promise<Element> =>
  elementAt(await bytesAt(at), 0, at);
