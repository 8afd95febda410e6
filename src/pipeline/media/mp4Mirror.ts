import { expectStructure } from './fileChange';
import { boxesIn, childOf, need } from './mp4Tree';

/** The filter that makes a mirrored video upright. */
export type MirrorFilter = 'hflip' | 'vflip' | 'transpose=cclock_flip' | 'transpose=clock_flip';

/** By the signs of the matrix: the right end of a row goes to (a, b), the lower end of a column to (c, d). */
const FILTERS: Readonly<Record<string, MirrorFilter>> = {
  '-1,0,0,1': 'hflip',
  '1,0,0,-1': 'vflip',
  '0,1,1,0': 'transpose=cclock_flip',
  '0,-1,-1,0': 'transpose=clock_flip',
};

/**
 * How to show a track (its index) of an MP4 or MOV file whose matrices (ISO/IEC 14496-12, 8.3.2 and 8.2.2) mirror it.
 * Null for one that they do not mirror or turn by odd angles. Throws UnknownStructure.
 */
export function mirrorFilter(moov: Buffer, index: number): MirrorFilter | null {
  const [root] = boxesIn(moov, 0, moov.length);
  expectStructure(root?.type === 'moov', 'no moov box');
  const track = boxesIn(moov, root.content, root.end).filter(({ type }) => type === 'trak')[index];
  if (!track) return null;
  const [a, b, c, d] = matrixAt(moov, need(moov, track, 'tkhd').content, 40);
  const movie = childOf(moov, root, 'mvhd');
  const [p, q, r, s] = movie ? matrixAt(moov, movie.content, 36) : ([1, 0, 0, 1] as const);
  return FILTERS[[a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s].map(Math.sign).join(',')] ?? null;
}

/** The matrix (a b u, c d v, x y w) of a header whose first version has it at `offset`; the second has longer times. */
function matrixAt(moov: Buffer, content: number, offset: number): readonly [number, number, number, number] {
  const at = content + offset + (moov[content] === 1 ? 12 : 0);
  const [a, b, c, d] = [0, 4, 12, 16].map((place) => moov.readInt32BE(at + place));
  return [a!, b!, c!, d!];
}
