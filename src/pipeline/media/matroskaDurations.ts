import { type Element, elementAt, elementsIn, encode, readUnsigned, rewrite, sizeWidth } from './ebml';
import { expectStructure } from './fileChange';

const [TIMESTAMP_SCALE, DURATION] = [0x2ad7b1, 0x4489];
const [TRACK_ENTRY, TRACK_NUMBER, TRACK_TYPE, TRACK_UID] = [0xae, 0xd7, 0x83, 0x73c5];
const [TAG, TARGETS, TAG_TRACK_UID, SIMPLE_TAG, TAG_NAME, TAG_STRING] = [
  0x7373, 0x63c0, 0x63c5, 0x67c8, 0x45a3, 0x4487,
];

/** Nanoseconds of a tick (RFC 9559, 5.1.2.9). `info`: the Info element. */
export function timestampScale(info: Buffer): number {
  const scale = childOf(info, elementAt(info, 0), TIMESTAMP_SCALE);
  const value = scale ? readUnsigned(info, scale) : 1_000_000;
  expectStructure(value > 0, 'a tick of 0 ns');
  return value;
}

/** The TrackUID of track 1, which must be the video. `tracks`: the Tracks element. */
export function videoUid(tracks: Buffer): Buffer {
  const entry = childOf(tracks, elementAt(tracks, 0), TRACK_ENTRY);
  expectStructure(entry !== undefined, 'no track');
  const [number, type, uid] = [TRACK_NUMBER, TRACK_TYPE, TRACK_UID].map((id) => childOf(tracks, entry, id));
  expectStructure(number !== undefined && type !== undefined && uid !== undefined, 'an incomplete track');
  expectStructure(readUnsigned(tracks, number) === 1 && readUnsigned(tracks, type) === 1, 'no video in track 1');
  return tracks.subarray(uid.content, uid.end);
}

/** When the tracks end, in nanoseconds: the tags DURATION that ffmpeg writes. */
export interface TrackDurations {
  readonly video: number;
  /** The latest of the others; 0 where there are none. */
  readonly others: number;
}

/** Null where the tags have no duration of the video. */
export function trackDurations(tags: Buffer, uid: Buffer): TrackDurations | null {
  let [video, others] = [null as number | null, 0];
  for (const tag of elementsIn(tags, elementAt(tags, 0).content)) {
    const value = durationTag(tags, tag);
    if (!value) continue;
    const nanoseconds = parse(tags.toString('latin1', value.content, value.end));
    if (isOf(tags, tag, uid)) video = nanoseconds;
    else others = Math.max(others, nanoseconds);
  }
  return video === null ? null : { video, others };
}

/** The Info element of a file whose video ends at `end` (ticks). It ends earlier only where the video was the longest. */
export function withDuration(info: Buffer, end: number, durations: TrackDurations | null): Buffer {
  const scale = timestampScale(info);
  return rewrite(info, elementAt(info, 0), (child) => {
    if (child.id !== DURATION) return null;
    expectStructure(child.end - child.content === 8, 'a Duration of four bytes');
    const old = info.readDoubleBE(child.content);
    const isVideoLongest = durations !== null && durations.video >= old * scale;
    const value = Buffer.alloc(8);
    value.writeDoubleBE(Math.max(end, isVideoLongest ? durations.others / scale : old));
    return encode(DURATION, value, sizeWidth(child));
  });
}

/** The Tags element with the end of the video in nanoseconds. */
export function withTrackDuration(tags: Buffer, uid: Buffer, nanoseconds: number): Buffer {
  return rewrite(tags, elementAt(tags, 0), (tag) => {
    const value = durationTag(tags, tag);
    if (!value || !isOf(tags, tag, uid)) return null;
    const text = Buffer.alloc(value.end - value.content);
    expectStructure(format(nanoseconds).length <= text.length, 'a duration of too many digits');
    text.write(format(nanoseconds));
    const change = (child: Element): Buffer | null =>
      child.start === value.start
        ? encode(TAG_STRING, text, sizeWidth(child))
        : child.id === SIMPLE_TAG && child.content < value.start && child.end >= value.end
          ? rewrite(tags, child, change)
          : null;
    return rewrite(tags, tag, change);
  });
}

/** The TagString of ffmpeg's DURATION; a tag of the same name copied from the source has a language. */
function durationTag(tags: Buffer, tag: Element): Element | undefined {
  if (tag.id !== TAG) return undefined;
  for (const simple of elementsIn(tags, tag.content, tag.end)) {
    if (simple.id !== SIMPLE_TAG) continue;
    const [name, value, ...more] = elementsIn(tags, simple.content, simple.end);
    if (name?.id !== TAG_NAME || value?.id !== TAG_STRING || more.length > 0) continue;
    if (tags.toString('latin1', name.content, name.end) === 'DURATION') return value;
  }
  return undefined;
}

function isOf(tags: Buffer, tag: Element, uid: Buffer): boolean {
  const targets = childOf(tags, tag, TARGETS);
  const target = targets && childOf(tags, targets, TAG_TRACK_UID);
  return target !== undefined && tags.subarray(target.content, target.end).equals(uid);
}

/** Nanoseconds of `00:00:03.040000000`. */
function parse(text: string): number {
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d\.\d{9})/.exec(text) ?? [];
  expectStructure(seconds !== undefined, 'a duration of another form');
  return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e9);
}

function format(nanoseconds: number): string {
  const [hours, minutes] = [Math.floor(nanoseconds / 3600e9), Math.floor(nanoseconds / 60e9) % 60];
  const seconds = ((nanoseconds % 60e9) / 1e9).toFixed(9).padStart(12, '0');
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}:${seconds}`;
}

const childOf = (bytes: Buffer, { content, end }: Element, id: number): Element | undefined =>
  [...elementsIn(bytes, content, end)].find((child) => child.id === id);
