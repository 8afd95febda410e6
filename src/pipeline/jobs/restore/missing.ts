import type { Job } from '../../../settings/restoreJob';
import type { Decoded } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { sourceClock } from '../../media/gaps/clockJumps';
import { containerOf, INDEXED } from '../../media/gaps/container';
import { findGaps, type ReadVideo } from '../../media/gaps/findGaps';
import { joinedStart } from '../../media/gaps/joinedStart';
import { sourcePackets } from '../../media/gaps/sourcePackets';
import { emptyImages, imageWarnings } from '../../media/gaps/imageGaps';
import { type StoredBytes, storedBytes } from '../../media/gaps/storedBytes';
import type { VideoInfo } from '../../media/probe';
import { storedOf } from '../../media/videoInfo';
import { readingStart, startTick } from '../../media/trim';
import {
  bytesWarning,
  complaintWarning,
  damagedWarning,
  gapWords,
  isSerious,
  jumpWarning,
  sizeWarning,
  startWarning,
} from './missingWords';

/** The loss of a source that was read to its end. */
export interface Missing {
  /** By its own words, the file should be longer by more than 1 %. */
  readonly isTruncated: boolean;
  /** More than 1 % of the frames or half a second: the result is no whole one. In words, without the end of the sentence. */
  readonly damage: string | null;
  readonly warnings: readonly string[];
  readonly hasJumps: boolean;
  /** Its last bytes are missing or empty. */
  readonly isTorn: boolean;
  /** Nothing in it says how long it should be: of a transport or program stream. */
  readonly saysNoEnd: boolean;
}

/** Compares what was decoded with what the container has. `sound`: a stream of sound that is carried. */
export async function whatIsMissing(
  binary: FfmpegBinary,
  shown: VideoInfo,
  job: Pick<Job, 'trim'>,
  decoded: Decoded,
  sound: number | null,
  signal: AbortSignal,
): Promise<Missing> {
  const info = storedOf(shown);
  const { timeBase, source } = info;
  const { sequence } = source;
  const { start = 0, end = null } = job.trim ?? {};
  const clock = await sourceClock(info.source, signal);
  const jumps = [...clock.jumps, ...decoded.jumps];
  const hasJumps = jumps.length > 0;
  const jumpsIn = (from: number, to: number | null) => jumps.filter(({ at }) => at >= from && at <= (to ?? Infinity));
  const from = hasJumps ? 0 : await readingStart(info.source, job.trim, signal);
  const range = { from, to: end === null ? null : end + 1, sound, hasJumps };
  const packets = await sourcePackets(binary, info, range, signal);
  const container = await containerOf(info.source);
  const stored = end === null ? await storedBytes(info.source) : WHOLE;
  // Of frames that are reordered, the last ones in the file are not the last ones shown.
  const last = decoded.times.at(-1);
  const cutAt = stored.missing > 0 && last !== undefined ? [(last * timeBase.num) / timeBase.den] : [];
  const read: ReadVideo = {
    ...{ timeBase, decoded, packets, lost: [...clock.lost, ...cutAt] },
    isCounted: !info.isInterlaced && (sequence !== null || INDEXED.has(container)),
    start: job.trim ? startTick(job.trim, timeBase) : -Infinity,
    end: end === null ? Infinity : (end * timeBase.den) / timeBase.num,
  };
  const gaps = [
    ...findGaps(read),
    ...(sequence === null ? [] : emptyImages(sequence, job.trim ? start : -Infinity, end ?? Infinity)),
  ];
  const cutIn = packets.isCutIn ? ((packets.firstKey ?? 0) * timeBase.num) / timeBase.den : null;
  const words = gapWords(gaps, decoded.times.length, info);
  const warnings = [
    ...startWarning(joinedStart(read)),
    ...(words === null ? [] : [`${words}.`]),
    ...(sequence === null ? [] : await imageWarnings(source.path, sequence)),
    ...bytesWarning(stored),
    ...sizeWarning(decoded, info, shown),
    ...jumpWarning(jumpsIn(start, end)),
    ...damagedWarning(packets.damagedCount - jumpsIn(range.from, range.to).length), // a packet at each join
    ...complaintWarning(decoded, cutIn, job.trim),
  ];
  const damage = isSerious(gaps, decoded.times.length) ? words : null;
  const saysNoEnd = container === 'transport stream' || container === 'program stream';
  return { damage, isTruncated: stored.share > MAX_SHARE, warnings, hasJumps, isTorn: stored.missing > 0, saysNoEnd };
}

/** Of the bytes. */
const MAX_SHARE = 0.01;
const WHOLE: StoredBytes = { missing: 0, share: 0 };
