import { type ColourTags, numberedColour } from '../colour';
import { type Element, elementsIn, readUnsigned } from '../ebml';
import { child, readFirstTrack } from './matroskaTrack';
import type { SideData } from './mediaInfo';

/** What the first track of a Matroska file says about its pixels (RFC 9559, 5.1.4.1.28). */
export interface MatroskaVideo {
  readonly colour: ColourTags;
  /** Null: it does not say. */
  readonly isInterlaced: boolean | null;
  readonly sideData: readonly SideData[];
  readonly dolbyVisionProfile: number | null;
}

/** Reads the first bytes of a file as ffmpeg writes it. Null when they describe no track. */
export const readMatroskaVideo = (bytes: Buffer): MatroskaVideo | null => readFirstTrack(bytes, videoOf);

const ID = {
  ...{
    video: 0xe0,
    flagInterlaced: 0x9a,
    stereoMode: 0x53b8,
    projection: 0x7670,
    projectionType: 0x7671,
  },
  ...{ colour: 0x55b0, matrix: 0x55b1, range: 0x55b9, transfer: 0x55ba, primaries: 0x55bb },
  ...{ maxContentLight: 0x55bc, mastering: 0x55d0, blockAddition: 0x41e4, additionType: 0x41e7, additionData: 0x41ed },
} as const;

function videoOf(bytes: Buffer, track: Element): MatroskaVideo | null {
  const video = child(bytes, track, ID.video);
  if (!video) return null;
  const colour = child(bytes, video, ID.colour);
  const number = (parent: Element | undefined, id: number): number | null => {
    const element = child(bytes, parent, id);
    return element ? readUnsigned(bytes, element) : null;
  };
  const dolbyVisionProfile = profileOf(bytes, track);
  const sideData: readonly (readonly [SideData, boolean])[] = [
    ['mastering', !!child(bytes, colour, ID.mastering)],
    ['light', (number(colour, ID.maxContentLight) ?? 0) > 0],
    ['dolbyVision', dolbyVisionProfile !== null],
    ['stereo', (number(video, ID.stereoMode) ?? 0) > 0],
    ['spherical', (number(child(bytes, video, ID.projection), ID.projectionType) ?? 0) > 0], // 0: a flat video, turned
  ];
  return {
    colour: numberedColour({
      ...{ matrix: number(colour, ID.matrix), range: number(colour, ID.range) },
      ...{ transfer: number(colour, ID.transfer), primaries: number(colour, ID.primaries) },
    }),
    isInterlaced: [null, true, false][number(video, ID.flagInterlaced) ?? 0] ?? null,
    sideData: sideData.filter(([, isThere]) => isThere).map(([name]) => name),
    dolbyVisionProfile,
  };
}

/** From the configuration record of Dolby Vision (dvcC, dvvC, dvwC): seven bits after the version. */
function profileOf(bytes: Buffer, track: Element): number | null {
  const additions = [...elementsIn(bytes, track.content, track.end)];
  for (const addition of additions.filter(({ id }) => id === ID.blockAddition)) {
    const type = child(bytes, addition, ID.additionType);
    const data = child(bytes, addition, ID.additionData);
    if (type && data && /^dv[cvw]C$/.test(bytes.toString('latin1', type.content, type.end)))
      return bytes.readUInt8(data.content + 2) >> 1;
  }
  return null;
}
