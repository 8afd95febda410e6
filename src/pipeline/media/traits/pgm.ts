import type { Luma } from './noiseLevel';

/** A binary PGM of 8 bits: `P5`, width, height, 255, pixels. Null for anything else. */
export function pgmIn(file: Buffer): Luma | null {
  const [header, width, height] = /^P5\s(\d+)\s(\d+)\s255\s/.exec(file.subarray(0, 64).toString('latin1')) ?? [];
  if (header === undefined) return null;
  const data = file.subarray(header.length, header.length + Number(width) * Number(height));
  return data.length < Number(width) * Number(height) ? null : { width: Number(width), height: Number(height), data };
}
