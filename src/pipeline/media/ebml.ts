import { crc32 } from 'node:zlib';
import { expectStructure } from './fileChange';

/** An element of RFC 8794; positions in the bytes or the file it was read from. */
export interface Element {
  readonly id: number;
  readonly start: number;
  /** After id and size. */
  readonly content: number;
  readonly end: number;
}

/** The element that begins at `at`; of its content, nothing needs to be in `bytes`. `from`: position of `bytes`. */
export function elementAt(bytes: Buffer, at: number, from = 0): Element {
  const idWidth = vintWidth(bytes, at);
  expectStructure(idWidth <= 4, 'an id of more than 4 bytes');
  const { value: size, width } = vint(bytes, at + idWidth);
  const content = at + idWidth + width;
  return { id: bytes.readUIntBE(at, idWidth), start: from + at, content: from + content, end: from + content + size };
}

/** The elements between two positions. */
export function* elementsIn(bytes: Buffer, from = 0, to = bytes.length): Generator<Element> {
  for (let at = from; at < to;) {
    const element = elementAt(bytes, at);
    expectStructure(element.end <= to, 'an element without its end');
    yield element;
    at = element.end;
  }
}

/** The element with the content `change` returns for each child; null keeps a child. The CRC-32 is computed again. */
export function rewrite(bytes: Buffer, element: Element, change: (child: Element) => Buffer | null): Buffer {
  const parts: Buffer[] = [];
  let kept = element.content; // everything up to here is in `parts`
  let hasCrc = false;
  for (const child of elementsIn(bytes, element.content, element.end)) {
    const isCrc = child.id === CRC32; // the first child, RFC 8794, 11.3.1
    hasCrc ||= isCrc;
    const changed = isCrc ? Buffer.alloc(0) : change(child);
    if (!changed) continue;
    parts.push(bytes.subarray(kept, child.start), changed);
    kept = child.end;
  }
  parts.push(bytes.subarray(kept, element.end));
  const content = Buffer.concat(parts);
  const widths = sizeWidth(element);
  if (!hasCrc) return encode(element.id, content, widths);
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(content));
  return encode(element.id, Buffer.concat([encode(CRC32, crc), content]), widths);
}

/** An element; its size has at least `width` bytes. */
export function encode(id: number, content: Uint8Array, width = 1): Buffer {
  const name = Buffer.from(id.toString(16), 'hex');
  return Buffer.concat([name, encodeSize(content.length, width), content]);
}

/** An unsigned integer of at least `width` bytes. */
export function encodeUnsigned(value: number, width: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  const needed = Math.max(1, Math.ceil(value.toString(16).length / 2));
  return bytes.subarray(8 - Math.max(width, needed));
}

/** A signed integer in the fewest bytes. */
export function encodeSigned(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  let width = 1;
  while (value < -(2 ** (8 * width - 1)) || value >= 2 ** (8 * width - 1)) width++;
  return bytes.subarray(8 - width);
}

export function readUnsigned(bytes: Buffer, { content, end }: Element): number {
  expectStructure(end - content <= 8, 'an integer of more than 8 bytes');
  let value = 0;
  for (let at = content; at < end; at++) value = value * 256 + bytes.readUInt8(at);
  expectStructure(Number.isSafeInteger(value), 'an integer above 2^53');
  return value;
}

/** The number of bytes of an element's size. */
export const sizeWidth = ({ id, start, content }: Element): number => content - start - id.toString(16).length / 2;

/** The value of a variable-size integer (RFC 8794, 4) and its width in bytes. */
export function vint(bytes: Buffer, at: number): { readonly value: number; readonly width: number } {
  const width = vintWidth(bytes, at);
  let value = bytes.readUInt8(at) - 2 ** (8 - width);
  let isUnknown = value === 2 ** (8 - width) - 1;
  for (let i = 1; i < width; i++) {
    const next = bytes.readUInt8(at + i);
    isUnknown &&= next === 255;
    value = value * 256 + next;
  }
  expectStructure(!isUnknown && Number.isSafeInteger(value), 'an unknown size');
  return { value, width };
}

function vintWidth(bytes: Buffer, at: number): number {
  const width = Math.clz32(bytes.readUInt8(at)) - 23;
  expectStructure(width <= 8, 'a first byte of 0');
  return width;
}

/** An element's size in the fewest bytes, but at least `width`. All bits set is reserved for an unknown size. */
export function encodeSize(size: number, width: number): Buffer {
  let bytes = width;
  while (size >= 2 ** (7 * bytes) - 1) bytes++;
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(size) | (1n << BigInt(7 * bytes)));
  return buffer.subarray(8 - bytes);
}

const CRC32 = 0xbf;
