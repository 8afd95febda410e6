import { readUnsigned } from '../ebml';
import { child, readFirstTrack } from './matroskaTrack';
import type { Flags } from './mediaInfo';

/**
 * Reads the flags of the first track of a Matroska file (RFC 9559, 5.1.4.1.4 and following). `isComplete`: whether its
 * writer knows all of them; otherwise those that do not stand there are unknown, except for the two oldest.
 */
export const readMatroskaFlags = (bytes: Buffer, isComplete: boolean): Flags =>
  readFirstTrack(bytes, (header, track): Flags => {
    const number = (id: number): number | null => {
      const element = child(header, track, id);
      return element ? readUnsigned(header, element) : null;
    };
    const original = number(ID.original);
    return {
      default: number(ID.default) !== 0,
      forced: number(ID.forced) === 1,
      ...(isComplete && {
        hearing_impaired: number(ID.hearingImpaired) === 1,
        visual_impaired: number(ID.visualImpaired) === 1 || number(ID.textDescriptions) === 1,
        original: original === 1,
        dub: original === 0,
        comment: number(ID.commentary) === 1,
      }),
    };
  }) ?? {};

const ID = {
  ...{ default: 0x88, forced: 0x55aa, hearingImpaired: 0x55ab, visualImpaired: 0x55ac, textDescriptions: 0x55ad },
  ...{ original: 0x55ae, commentary: 0x55af },
} as const;
