import type { Job } from '../../../settings/restoreJob';
import type { Decoded } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { type ClockJump, clockJumps } from '../../media/gaps/clockJumps';
import type { Complaint } from '../../media/gaps/complaints';
import { containerOf, INDEXED } from '../../media/gaps/container';
import { findGaps, type Gap } from '../../media/gaps/findGaps';
import { type SourcePackets, sourcePackets } from '../../media/gaps/sourcePackets';
import { type StoredBytes, storedBytes } from '../../media/gaps/storedBytes';
import type { VideoInfo } from '../../media/probe';
import { SEEK_MARGIN, startTick } from '../../media/trim';

/** The loss of a source that was read to its end. */
export interface Missing {
  /** By its own words, the file should be longer by more than 1 %. */
  readonly isTruncated: boolean;
  /** More than 1 % of the frames or half a second: the result is no whole one. In words, without the end of the sentence. */
  readonly damage: string | null;
  readonly warnings: readonly string[];
  readonly hasJumps: boolean;
}

/** Compares what was decoded with what the container has. `sound`: a stream of sound that is carried. */
export async function whatIsMissing(
  binary: FfmpegBinary,
  info: VideoInfo,
  job: Pick<Job, 'trim'>,
  decoded: Decoded,
  sound: number | null,
  signal: AbortSignal,
): Promise<Missing> {
  const { timeBase } = info;
  const { start = 0, end = null } = job.trim ?? {};
  const jumps = await clockJumps(info.source, signal);
  const hasJumps = jumps.length > 0;
  const range = { from: Math.max(0, start - SEEK_MARGIN), to: end === null ? null : end + 1, sound, hasJumps };
  const packets = await sourcePackets(binary, info, range, signal);
  const gaps = findGaps({
    ...{ timeBase, decoded, packets },
    isCounted: !info.isInterlaced && INDEXED.has(await containerOf(info.source)),
    start: job.trim ? startTick(job.trim, timeBase) : -Infinity,
    end: end === null ? Infinity : (end * timeBase.den) / timeBase.num,
  });
  const { isSerious, words } = summary(gaps, decoded.times.length);
  const stored = end === null ? await storedBytes(info.source) : WHOLE;
  const warnings = [
    ...(words === null ? [] : [`${words}.`]),
    ...bytesWarning(stored),
    ...sizeWarning(decoded, info),
    ...jumpWarning(jumps),
    ...damagedWarning(packets.damagedCount - jumps.length), // a packet at each join
    ...complaintWarning(decoded, packets, job.trim),
  ];
  const isTruncated = stored.share > MAX_SHARE;
  return { damage: isSerious ? words : null, isTruncated, warnings, hasJumps };
}

const WHOLE: StoredBytes = { missing: 0, share: 0 };

const bytesWarning = ({ missing }: StoredBytes): readonly string[] =>
  missing === 0 ? [] : [`The last ${missing} bytes of the source are missing or empty.`];

const damagedWarning = (count: number): readonly string[] =>
  count <= 0 ? [] : [`${count} packets of the source are damaged or incomplete.`];

const MAX_SHARE = 0.01;
/** Seconds. */
const MAX_SECONDS = 0.5;
/** Gaps that a sentence names. */
const NAMED = 5;

function summary(
  gaps: readonly Gap[],
  decoded: number,
): { readonly isSerious: boolean; readonly words: string | null } {
  const frames = gaps.reduce((sum, gap) => sum + gap.frames, 0);
  const seconds = gaps.reduce((sum, gap) => sum + gap.seconds, 0);
  if (frames === 0) return { isSerious: false, words: null };
  const where = gaps.slice(0, NAMED).map(({ from, to }) => `${clock(from)} and ${clock(to)}`);
  const others = gaps.length > NAMED ? ` and at ${gaps.length - NAMED} other places` : '';
  const words = `${frames} of ${decoded + frames} frames are missing (${seconds.toFixed(2)} s): between ${where.join(', ')}${others}`;
  return { isSerious: frames > MAX_SHARE * (decoded + frames) || seconds > MAX_SECONDS, words };
}

/** Seconds as `61.20 s`; a gap at the start begins before it. */
const clock = (seconds: number): string => `${Math.max(0, seconds).toFixed(2)} s`;

/** Seconds from a start between key frames in which complaints say only that earlier frames are not there. */
const START = 1;

function complaintWarning({ complaints }: Decoded, { isCutIn }: SourcePackets, trim: Job['trim']): readonly string[] {
  if (!isCutIn && trim === null) return said(complaints.heard, complaints.count());
  const [from, to] = [Math.max(trim?.start ?? 0, isCutIn && !trim?.start ? START : 0), trim?.end ?? Infinity];
  const within = complaints.heard.filter(({ seconds }) => seconds !== null && seconds >= from && seconds <= to);
  return said(within, within.length);
}

function said(complaints: readonly Complaint[], count: number): readonly string[] {
  if (complaints.length === 0) return [];
  const first = complaints.slice(0, 3).map(({ seconds, text }) => `at ${clock(seconds ?? 0)} “${text}”`);
  return [
    `The decoder complained ${count} times, so frames there may be wrong: ${first.join(', ')}${count > 3 ? ', …' : ''}.`,
  ];
}

function sizeWarning({ resized }: Decoded, { width, height, timeBase }: VideoInfo): readonly string[] {
  if (resized.length === 0) return [];
  const named = resized.slice(0, NAMED).map((ticks) => `at ${clock((ticks * timeBase.num) / timeBase.den)}`);
  const others = resized.length > NAMED ? ` and ${resized.length - NAMED} times more` : '';
  return [
    `The video changes its size ${named.join(', ')}${others}; all frames were fitted into ${width}×${height}, with bars where their shape differs.`,
  ];
}

const jumpWarning = (jumps: readonly ClockJump[]): readonly string[] => {
  if (jumps.length === 0) return [];
  const named = jumps.slice(0, NAMED).map(({ at, by }) => `at ${clock(at)} by ${by.toFixed(2)} s`);
  const others = jumps.length > NAMED ? ` and ${jumps.length - NAMED} times more` : '';
  return [
    `The clock of the source jumps ${named.join(', ')}${others}; the frames follow each other as players show them.`,
  ];
};
