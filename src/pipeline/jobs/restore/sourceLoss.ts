import type { RemasterError } from '../../../errors';
import type { Job } from '../../../settings/restoreJob';
import type { Decoded } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';
import { storedOf, ticksPerStored } from '../../media/videoInfo';
import { type SourceEnd, sourceEnd } from '../../media/sourceEnd';
import { type Missing, whatIsMissing } from './missing';
import { hasChanged, isTruncated, MAX_MISSING, type SourceDamage } from './truncation';

/** How a source was read. */
export interface ReadSource {
  readonly decoded: Decoded;
  /** Time of the last frame that is used, in ticks. */
  readonly last: number;
  /** Why it ended early; null: it did not. */
  readonly broken: RemasterError | null;
  /** A stream of sound that comes with the video; null without. */
  readonly sound: number | null;
}

/** What a source lacks that was read to its end. */
export interface SourceLoss {
  /** It has changed, so nothing is known of it. */
  readonly isGone: boolean;
  readonly missing: Missing;
  readonly end: SourceEnd;
  /** Why a result is not whole; null: it is. `what`: what else is missing in it, as a clause; null: nothing. */
  damage(what: string | null): Promise<SourceDamage | null>;
}

export async function sourceLoss(
  binary: FfmpegBinary,
  info: VideoInfo,
  job: Pick<Job, 'trim'>,
  { decoded, last, broken, sound }: ReadSource,
  signal: AbortSignal,
): Promise<SourceLoss> {
  /** A source that goes away meanwhile is reported as that. */
  const unlessGone = async <T>(known: () => Promise<T>, unknown: T): Promise<T> =>
    known().catch(async (error: unknown) => {
      signal.throwIfAborted();
      if (!(await hasChanged(info))) throw error;
      return unknown;
    });
  const isGone = await hasChanged(info);
  const stored = storedOf(info);
  const lastStored = last / ticksPerStored(info);
  const examined = (): Promise<Missing> => whatIsMissing(binary, info, job, decoded, sound, signal);
  const missing = isGone ? NOT_KNOWN : await unlessGone(examined, NOT_KNOWN);
  const ended = (): Promise<SourceEnd> =>
    sourceEnd(binary, stored, missing.hasJumps ? null : lastStored, signal, job.trim?.end);
  const end = isGone ? NO_END : await unlessGone(ended, NO_END);
  const lastFrame = (last * info.timeBase.num) / info.timeBase.den;
  const isShort = isTruncated(info, job, Math.max(lastFrame, end.seconds ?? 0));
  const isToEnd = (job.trim?.end ?? null) === null && missing.saysNoEnd && !missing.hasJumps;
  const alone = isToEnd ? soundAlone(end, info, sound, lastFrame) : 0;
  const isTorn = missing.isTorn && alone > MAX_MISSING;
  const isCut = missing.isTruncated || isTorn || (!missing.hasJumps && isShort);
  return {
    ...{ isGone, end },
    missing: { ...missing, warnings: [...missing.warnings, ...soundWarning(alone)] },
    async damage(what) {
      if (await hasChanged(info)) return { kind: 'changed' };
      if (isCut) return { kind: 'truncated' };
      const why = broken?.message ?? missing.damage ?? what;
      return why === null ? null : { kind: 'damaged', what: why };
    },
  };
}

/** Seconds for which the sound goes on behind the video. */
function soundAlone({ ends }: SourceEnd, { stream }: VideoInfo, sound: number | null, lastFrame: number): number {
  const [video, audio] = [ends.get(stream) ?? lastFrame, ends.get(sound ?? -1) ?? 0];
  return audio - Math.max(video, lastFrame);
}

const soundWarning = (seconds: number): readonly string[] =>
  seconds <= MAX_MISSING ? [] : [`The sound goes on for ${seconds.toFixed(2)} s behind the last frame.`];

const NOT_KNOWN: Missing = {
  ...{ damage: null, isTruncated: false, warnings: [], hasJumps: false },
  ...{ isTorn: false, saysNoEnd: false },
};
const NO_END: SourceEnd = { last: null, seconds: null, ends: new Map() };
