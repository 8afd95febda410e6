import type { FileHandle } from 'node:fs/promises';
import { expectStructure, type FileChange, readAll } from './fileChange';
import type { Rational } from './frame';
import { durationOf, editWithDuration, headerWithDuration, lastEdit, timescaleOf } from './mp4Durations';
import { findMoov } from './mp4Moov';
import { presentationOf, withLastDelta } from './mp4SampleTimes';
import { type Box, boxesIn, childOf, need, rebuild } from './mp4Tree';

/**
 * Plans the change of an MP4 or QuickTime file after which the last frame of the first track lasts `seconds`. ffmpeg
 * writes `moov` last, so that it can grow; where it comes first, growing would move the media data.
 */
export async function mp4LastFrame(file: FileHandle, size: number, seconds: Rational): Promise<FileChange> {
  const { start, end } = await findMoov(file, size);
  const moov = await readAll(file, start, end);
  const changed = withLastFrame(moov, seconds);
  expectStructure(changed.length === moov.length || end === size, 'moov cannot grow');
  return { moves: [], writes: changed.equals(moov) ? [] : [{ at: start, bytes: changed }] };
}

function withLastFrame(moov: Buffer, seconds: Rational): Buffer {
  const { root, mvhd, others, tkhd, elst, mdhd, stts, ctts } = findBoxes(moov);
  const mediaScale = timescaleOf(moov, mdhd);
  const duration = Math.max(1, Math.round((seconds.num / seconds.den) * mediaScale));
  const { firstPts, lastPts, lastDts } = presentationOf(moov, stts, ctts);
  const end = lastPts + duration;
  // Decoding times lag behind where the last frames are reordered and far apart. Readers take the sum of the differences
  // for the duration of the track, so it covers the presentation.
  const delta = Math.max(duration, end - firstPts - lastDts);
  // In the movie's time scale; rounded up, as ffmpeg does, so that an edit always includes the beginning of the frame.
  const inMovie = (ticks: number): number =>
    Number((BigInt(ticks) * BigInt(timescaleOf(moov, mvhd)) + BigInt(mediaScale - 1)) / BigInt(mediaScale));

  const changed = new Map([
    [stts.start, withLastDelta(moov, stts, delta)],
    [mdhd.start, headerWithDuration(moov, mdhd, lastDts + delta)],
  ]);
  let trackDuration = inMovie(end - firstPts);
  if (elst) {
    const edit = lastEdit(moov, elst);
    expectStructure(end > edit.mediaTime, 'an edit after the last frame');
    const length = inMovie(end - edit.mediaTime);
    changed.set(elst.start, editWithDuration(moov, elst, edit, length));
    trackDuration = edit.delay + length; // ffmpeg of 2018 does not count the delay (14496-12, 8.3.2)
  }
  changed.set(tkhd.start, headerWithDuration(moov, tkhd, trackDuration));
  const movieDuration = Math.max(trackDuration, ...others.map((other) => durationOf(moov, other)));
  changed.set(mvhd.start, headerWithDuration(moov, mvhd, movieDuration));
  return rebuild(moov, root, changed);
}

/** The boxes with durations of the movie and of its first track, output stream 0. `others`: tkhd of other tracks. */
function findBoxes(moov: Buffer): Record<'root' | 'mvhd' | 'tkhd' | 'mdhd' | 'stts', Box> & {
  readonly others: readonly Box[];
  readonly elst: Box | undefined;
  readonly ctts: Box | undefined;
} {
  const root = boxesIn(moov, 0, moov.length)[0]!;
  expectStructure(!childOf(moov, root, 'mvex'), 'a fragmented file');
  const video = need(moov, root, 'trak');
  const mdia = need(moov, video, 'mdia');
  const handler = need(moov, mdia, 'hdlr');
  expectStructure(moov.toString('latin1', handler.content + 8, handler.content + 12) === 'vide', 'no video track');
  const stbl = need(moov, need(moov, mdia, 'minf'), 'stbl');
  const edts = childOf(moov, video, 'edts');
  const tracks = boxesIn(moov, root.content, root.end).filter(({ type }) => type === 'trak');
  const [tkhd, ...others] = tracks.map((track) => need(moov, track, 'tkhd'));
  return {
    ...{ root, mvhd: need(moov, root, 'mvhd'), tkhd: tkhd!, others, mdhd: need(moov, mdia, 'mdhd') },
    ...{ stts: need(moov, stbl, 'stts'), ctts: childOf(moov, stbl, 'ctts'), elst: edts && need(moov, edts, 'elst') },
  };
}
