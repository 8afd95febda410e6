import type { Job } from '../../../settings/restoreJob';
import type { Decoded } from '../../media/decode';
import type { ClockJump } from '../../media/gaps/jumpDetector';
import type { Complaint } from '../../media/gaps/complaints';
import type { Gap } from '../../media/gaps/findGaps';
import { list } from '../../media/gaps/imageGaps';
import type { JoinedStart } from '../../media/gaps/joinedStart';
import type { StoredBytes } from '../../media/gaps/storedBytes';
import type { VideoInfo } from '../../media/probe';

/** Of the frames. */
const MAX_SHARE = 0.01;
/** Seconds. */
const MAX_SECONDS = 0.5;
/** Places that a sentence names. */
const NAMED = 5;

/** Whether so much is missing that the result is no whole one. `decoded`: number of frames. */
export function isSerious(gaps: readonly Gap[], decoded: number): boolean {
  const frames = sum(gaps.map((gap) => gap.frames));
  return frames > MAX_SHARE * (decoded + frames) || sum(gaps.map((gap) => gap.seconds)) > MAX_SECONDS;
}

/** How much is missing, and where; null: nothing. Without the end of the sentence. */
export function gapWords(gaps: readonly Gap[], decoded: number, info: VideoInfo): string | null {
  const frames = sum(gaps.map((gap) => gap.frames));
  if (frames === 0) return null;
  if (info.source.sequence !== null) return imageWords(gaps, decoded + frames, info);
  const where = gaps.slice(0, NAMED).map(({ from, to }) => `${clock(from)} and ${clock(to)}`);
  const others = gaps.length > NAMED ? ` and at ${gaps.length - NAMED} other places` : '';
  const seconds = sum(gaps.map((gap) => gap.seconds)).toFixed(2);
  return `${frames} of ${decoded + frames} frames are missing (${seconds} s): between ${where.join(', ')}${others}`;
}

/** `all`: number of images. */
function imageWords(gaps: readonly Gap[], all: number, info: VideoInfo): string {
  const isEmpty = ({ image }: Gap): boolean => image !== undefined;
  const empty = gaps.filter(isEmpty).map(({ image }) => image!);
  const torn = gaps.filter((gap) => !isEmpty(gap));
  const names = torn.flatMap(({ packets }) => packets.map((ticks) => placeOf(info, ticks)));
  return [
    ...(torn.length === 0
      ? []
      : [`${sum(torn.map(({ frames }) => frames))} of ${all} images cannot be decoded: ${list(names)}`]),
    ...(empty.length === 0
      ? []
      : [`${empty.length} of ${all} images were passed over, as they are empty: ${list(empty)}`]),
  ].join('; ');
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Seconds as `61.20 s`; a gap at the start begins before it. */
const clock = (seconds: number): string => `${Math.max(0, seconds).toFixed(2)} s`;

/** The name of an image, or the time of a frame. */
function placeOf({ source: { sequence }, timeBase }: VideoInfo, ticks: number): string {
  const seconds = (ticks * timeBase.num) / timeBase.den;
  return sequence?.names[Math.round(seconds * sequence.rate)] ?? clock(seconds);
}

export const bytesWarning = ({ missing }: StoredBytes): readonly string[] =>
  missing === 0 ? [] : [`The last ${missing} bytes of the source are missing or empty.`];

export const damagedWarning = (packets: number): readonly string[] =>
  packets <= 0 ? [] : [`${packets} packets of the source are damaged or incomplete.`];

/** Frames of a start between key frames are in the result, or left out: neither is damage of the file. */
export function startWarning(start: JoinedStart | null): readonly string[] {
  if (start === null) return [];
  const { torn, left, seconds } = start;
  const all = `its first ${torn + left} frames (${seconds.toFixed(2)} s)`;
  const words =
    left === 0
      ? `${all} are not whole`
      : torn === 0
        ? `${all} cannot be decoded and are left out`
        : `of ${all}, ${torn} are not whole and ${left} are left out`;
  return [`The source begins between key frames: ${words}.`];
}

/** Seconds from a start between key frames in which complaints say only that earlier frames are not there. */
const START = 1;

/** `cutIn`: seconds for which the source lacks what its first frames need; null: it begins with a key frame. */
export function complaintWarning({ complaints }: Decoded, cutIn: number | null, trim: Job['trim']): readonly string[] {
  if (cutIn === null && trim === null) return said(complaints.heard, complaints.count());
  const whole = cutIn === null ? 0 : Math.max(START, cutIn);
  const [from, to] = [Math.max(trim?.start ?? 0, whole), trim?.end ?? Infinity];
  const within = complaints.heard.filter(({ seconds, isOfBytes }) =>
    seconds === null ? isOfBytes && trim === null : seconds >= from && seconds <= to,
  );
  return said(within, within.length);
}

function said(complaints: readonly Complaint[], count: number): readonly string[] {
  if (complaints.length === 0) return [];
  const first = complaints.slice(0, 3).map(({ seconds, text }) => `at ${clock(seconds ?? 0)} “${text}”`);
  return [
    `The decoder complained ${count} times, so frames there may be wrong: ${first.join(', ')}${count > 3 ? ', …' : ''}.`,
  ];
}

/** `shown`: the size that all frames get. */
export function sizeWarning(
  { resized }: Decoded,
  info: VideoInfo,
  shown: Pick<VideoInfo, 'width' | 'height'>,
): readonly string[] {
  if (resized.length === 0) return [];
  const where = list(resized.map((ticks) => `at ${placeOf(info, ticks)}`));
  const fitted = `all frames were fitted into ${shown.width}×${shown.height}, with bars where their shape differs`;
  return [`The video changes its size ${where}; ${fitted}.`];
}

export const jumpWarning = (jumps: readonly ClockJump[]): readonly string[] => {
  if (jumps.length === 0) return [];
  const where = list(jumps.map(({ at, by }) => `at ${clock(at)} by ${by.toFixed(2)} s`));
  return [`The clock of the source jumps ${where}; the frames follow each other as players show them.`];
};
