import { type Element, elementAt, elementsIn, encode, encodeUnsigned, readUnsigned, rewrite, sizeWidth } from './ebml';
import { expectStructure } from './fileChange';

const [CUE_POINT, TRACK_POSITIONS, CLUSTER_POSITION, RELATIVE_POSITION] = [0xbb, 0xb7, 0xf1, 0xf0];
const [SEEK, SEEK_POSITION, VOID] = [0x4dbb, 0x53ac, 0xec];

/** For a Cluster and a block in it: their positions, or by how many bytes they grow. */
interface ClusterAndBlock {
  readonly cluster: number;
  readonly block: number;
}

/** Cues (RFC 9559, 5.1.5) after a block at `place` and its Cluster have grown. */
export function movedCues(bytes: Buffer, place: ClusterAndBlock, growth: ClusterAndBlock): Buffer {
  // The points before the change are most of them, of a long video millions: kept without a copy.
  const moved = (positions: Element): Buffer | null => {
    const at = valueIn(bytes, positions, CLUSTER_POSITION);
    expectStructure(at !== null, 'a cue without a position');
    if (at < place.cluster) return null;
    return rewrite(bytes, positions, (child) => {
      if (child.id === CLUSTER_POSITION && at > place.cluster) return larger(child, at + growth.cluster);
      if (child.id !== RELATIVE_POSITION || at !== place.cluster) return null;
      const inside = readUnsigned(bytes, child);
      return inside > place.block ? larger(child, inside + growth.block) : null;
    });
  };
  return rewrite(bytes, elementAt(bytes, 0), (point) => {
    if (point.id !== CUE_POINT) return null;
    const isBefore = ({ id, content, end }: Element): boolean =>
      id !== TRACK_POSITIONS || (valueIn(bytes, { content, end }, CLUSTER_POSITION) ?? 0) < place.cluster;
    if ([...elementsIn(bytes, point.content, point.end)].every(isBefore)) return null;
    return rewrite(bytes, point, (child) => (child.id === TRACK_POSITIONS ? moved(child) : null));
  });
}

/**
 * A SeekHead (5.1.1) and the Void behind it after elements have moved. `newPlace` maps an old position to the new one.
 * The Void gives the bytes by which the SeekHead grows.
 */
export function movedSeekHead(bytes: Buffer, newPlace: (at: number) => number): Buffer {
  const seekHead = rewrite(bytes, elementAt(bytes, 0), (seek) => {
    if (seek.id !== SEEK) return null;
    return rewrite(bytes, seek, (child) =>
      child.id === SEEK_POSITION ? larger(child, newPlace(readUnsigned(bytes, child))) : null,
    );
  });
  const left = bytes.length - seekHead.length;
  expectStructure(left === 0 || left >= 2, 'no space for the SeekHead to grow');
  return Buffer.concat([seekHead, ...(left === 0 ? [] : [voidOf(left)])]);
}

/** A Void element of `length` bytes; as ffmpeg, with a size of eight bytes from ten bytes on. */
const voidOf = (length: number): Buffer =>
  length < 10 ? encode(VOID, Buffer.alloc(length - 2)) : encode(VOID, Buffer.alloc(length - 9), 8);

/** The value of the first child with the id; null where there is none. */
function valueIn(bytes: Buffer, { content, end }: Pick<Element, 'content' | 'end'>, id: number): number | null {
  for (const child of elementsIn(bytes, content, end)) if (child.id === id) return readUnsigned(bytes, child);
  return null;
}

/** An unsigned integer with another value, in at least as many bytes. */
const larger = (element: Element, value: number): Buffer =>
  encode(element.id, encodeUnsigned(value, element.end - element.content), sizeWidth(element));
