import type { FileHandle } from 'node:fs/promises';
import { encodeSize, sizeWidth } from './ebml';
import { expectStructure, type FileChange, type Part, readAll, replaceParts } from './fileChange';
import type { Rational } from './frame';
import { lastVideoBlock, withBlockDuration } from './matroskaBlocks';
import { timestampScale, trackDurations, videoUid, withDuration, withTrackDuration } from './matroskaDurations';
import { movedCues, movedSeekHead } from './matroskaIndex';
import { readLayout } from './matroskaLayout';

/**
 * Plans the change of a Matroska file (RFC 9559) after which the last frame of the first track lasts `seconds`: its
 * block gets a duration, everything behind it moves, and the positions in Cues and SeekHead follow.
 */
export async function matroskaLastFrame(file: FileHandle, size: number, seconds: Rational): Promise<FileChange> {
  const layout = await readLayout(file, size);
  const { segment, seekHead, info, tracks, tags, cues } = layout;
  const read = ({ start, end }: { start: number; end: number }): Promise<Buffer> => readAll(file, start, end);
  const infoBytes = await read(info);
  const scale = timestampScale(infoBytes);
  const uid = videoUid(await read(tracks));
  const ticks = Math.max(1, Math.round((seconds.num / seconds.den) * (1e9 / scale)));

  const last = await lastVideoBlock(file, size, layout.clusters);
  const { cluster, block } = last;
  const change = withBlockDuration(await read(cluster), last, ticks);
  const parts: Part[] = [{ ...cluster, bytes: change.cluster }];

  const tagsBytes = tags && (await read(tags));
  const durations = tagsBytes ? trackDurations(tagsBytes, uid) : null;
  parts.push({ ...info, bytes: withDuration(infoBytes, last.time + ticks, durations) });
  if (tagsBytes) parts.push({ ...tags, bytes: withTrackDuration(tagsBytes, uid, (last.time + ticks) * scale) });

  // Positions are counted from the content of the Segment, those of blocks from the content of their Cluster.
  const origin = segment.content;
  if (cues) {
    const place = { cluster: cluster.start - origin, block: block.start - cluster.content };
    const growth = { cluster: change.cluster.length - (cluster.end - cluster.start), block: change.blockGrowth };
    parts.push({ ...cues, bytes: movedCues(await read(cues), place, growth) });
  }
  const isInFront = (part: Part): boolean => part.start < cluster.start;
  expectStructure(
    parts.filter(isInFront).every(({ start, end, bytes }) => bytes.length === end - start),
    'an element before the last frame cannot grow',
  );
  const { newPlace } = replaceParts(parts, size);
  if (seekHead) {
    const end = layout.voidAfterSeekHead?.end ?? seekHead.end;
    const bytes = movedSeekHead(await read({ start: seekHead.start, end }), (at) => newPlace(at + origin) - origin);
    parts.push({ start: seekHead.start, end, bytes });
  }
  const segmentSize = encodeSize(newPlace(size) - origin, sizeWidth(segment));
  expectStructure(segmentSize.length === sizeWidth(segment), 'the size of the Segment cannot grow');
  parts.push({ start: origin - segmentSize.length, end: origin, bytes: segmentSize });
  return replaceParts(parts, size).change;
}
