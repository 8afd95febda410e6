import { type Element, elementsIn } from '../ebml';
import { UnknownStructure } from '../fileChange';

/**
 * What `read` finds in the first track of a Matroska file as ffmpeg writes it, of which `bytes` are the first. Null when
 * they describe no track, or `read` finds nothing.
 */
export function readFirstTrack<T>(bytes: Buffer, read: (header: Buffer, track: Element) => T | null): T | null {
  // The id also stands in the list of positions, which comes first.
  for (let at = bytes.indexOf(TRACKS); at >= 0; at = bytes.indexOf(TRACKS, at + 1)) {
    const found = tryTrack(bytes.subarray(at), read);
    if (found) return found;
  }
  return null;
}

function tryTrack<T>(header: Buffer, read: (header: Buffer, track: Element) => T | null): T | null {
  try {
    const [tracks] = elementsIn(header);
    const track = child(header, tracks, TRACK_ENTRY);
    return track ? read(header, track) : null;
  } catch (error) {
    if (error instanceof UnknownStructure || error instanceof RangeError) return null; // ffmpeg ended early
    throw error;
  }
}

const TRACKS = Buffer.from('1654ae6b', 'hex');
const TRACK_ENTRY = 0xae;

/** The first child with this id. */
export const child = (bytes: Buffer, parent: Element | undefined, id: number): Element | undefined =>
  parent && [...elementsIn(bytes, parent.content, parent.end)].find((element) => element.id === id);
