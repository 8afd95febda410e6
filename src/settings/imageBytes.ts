import { types } from 'node:util';
import { RemasterError } from '../errors';
import type { ImageSource } from './imageJob';

/** A Buffer that went through JSON. */
export interface JsonBuffer {
  readonly type: 'Buffer';
  /** 0…255. */
  readonly data: readonly number[];
}

/** Bytes in any form in which programs pass them on. */
export type Bytes = Uint8Array | Uint8ClampedArray | ArrayBuffer | JsonBuffer;

/**
 * The bytes of `value`, or the first `most` of them; null if it holds none. Arrays of another realm, such as those made
 * in a Function node, are no `instanceof Uint8Array`.
 */
export function imageBytes(value: unknown, most = Infinity): Uint8Array | null {
  if (isByteArray(value)) return new Uint8Array(value.buffer, value.byteOffset, Math.min(most, value.byteLength));
  if (types.isArrayBuffer(value)) return new Uint8Array(value, 0, Math.min(most, value.byteLength));
  if (!isJsonBuffer(value)) return null;
  const first = value.data.slice(0, most);
  return first.every(isByte) ? Uint8Array.from(first) : null;
}

/** The length of `imageBytes(value)`, without making them; null if it holds none. */
export function bytesLength(value: unknown): number | null {
  if (isByteArray(value) || types.isArrayBuffer(value)) return value.byteLength;
  return isJsonBuffer(value) ? value.data.length : null;
}

/** An image as a caller of the library may pass it. Errors: NO_IMAGE. */
export function imageSource(image: Bytes | ImageSource): ImageSource {
  const file = imageBytes(image);
  if (file) return { kind: 'file', data: file };
  const source = image as ImageSource | null | undefined;
  const data = imageBytes(source?.data);
  if (source && data) return { ...source, data };
  throw new RemasterError('NO_IMAGE', 'The image has no bytes.', {
    remedy: 'Pass a Buffer, Uint8Array or ArrayBuffer.',
  });
}

const isByteArray = (value: unknown): value is Uint8Array | Uint8ClampedArray =>
  types.isUint8Array(value) || types.isUint8ClampedArray(value);

function isJsonBuffer(value: unknown): value is { readonly data: readonly unknown[] } {
  if (typeof value !== 'object' || value === null) return false;
  const { type, data } = value as { readonly type?: unknown; readonly data?: unknown };
  return type === 'Buffer' && Array.isArray(data);
}

const isByte = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
