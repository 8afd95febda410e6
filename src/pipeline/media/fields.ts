import type { Job } from '../../settings/restoreJob';
import type { DetectedFields } from './detectFields';

/** What becomes of the fields of a video. */
export type FieldMode = 'none' | 'frames' | 'double' | 'telecine';

type FieldOrder = 'auto' | 'top' | 'bottom';

/** How fields are read. */
export interface FieldReading {
  readonly mode: FieldMode;
  readonly order: FieldOrder;
}

export const NO_FIELDS: FieldReading = { mode: 'none', order: 'auto' };

/** What a job asks for, and what the video is. */
export function fieldReading(
  { isInterlaced, fieldOrder: found }: Pick<DetectedFields, 'isInterlaced' | 'fieldOrder'>,
  { deinterlace, fieldOrder }: Pick<Job, 'deinterlace' | 'fieldOrder'>,
): FieldReading {
  const order = fieldOrder === 'top' || fieldOrder === 'bottom' ? fieldOrder : (found ?? 'auto');
  switch (deinterlace) {
    case 'off':
      return NO_FIELDS;
    case 'on':
      return { mode: 'frames', order };
    case 'double':
    case 'telecine':
      return { mode: deinterlace, order };
    case 'auto':
      if (fieldOrder === 'progressive') return NO_FIELDS;
      return isInterlaced || fieldOrder !== 'auto' ? { mode: 'frames', order } : NO_FIELDS;
  }
}

const PARITY = { auto: 'auto', top: 'tff', bottom: 'bff' } as const;

/** The filters that make frames of fields; their options are the same since the ffmpeg of 2018. */
export function fieldFilters({ mode, order }: FieldReading): readonly string[] {
  const parity = PARITY[order];
  switch (mode) {
    case 'none':
      return [];
    case 'frames':
      return [`bwdif=mode=send_frame:parity=${parity}:deint=all`];
    case 'double':
      return [`bwdif=mode=send_field:parity=${parity}:deint=all`];
    case 'telecine':
      // Frames that no match makes whole, as at cuts of the finished video, are marked, and only those are deinterlaced.
      return [
        `fieldmatch=order=${parity}:combmatch=full`,
        `bwdif=mode=send_frame:parity=${parity}:deint=interlaced`,
        `decimate=cycle=${CYCLE}`,
      ];
  }
}

/** Frames of telecined video, of which one is a repetition. */
const CYCLE = 5;

/** Parts of a tick of the source in which the times of the frames are exact. */
export const TICKS_PER_SOURCE: Readonly<Record<FieldMode, 1 | 2 | 4>> = { none: 1, frames: 1, double: 2, telecine: 4 };

/**
 * The times of the frames, in parts of the source's ticks, from the times of the source's frames; undefined: there are no
 * more. Needs no time behind the next frame of the source: see `timedFrames`.
 */
export function fieldTimes(
  mode: FieldMode,
  perTick: number,
  next: () => Promise<number | undefined>,
): { next(): Promise<number | undefined> } {
  if (mode === 'none' || mode === 'frames') return { next };
  const source = steppedTimes(next);
  let last = -Infinity;
  let index = 0;
  return {
    async next() {
      const [frame, part] = mode === 'double' ? [Math.floor(index / 2), index % 2] : ofCycle(index);
      index++;
      const at = await source.at(frame);
      if (at === undefined) return undefined;
      const share = mode === 'double' ? part / 2 : part / (CYCLE - 1);
      const step = share === 0 ? 0 : mode === 'double' ? await source.stepAround(frame) : source.stepBefore(frame);
      last = Math.max(last + 1, Math.round(perTick * (at + share * step)));
      return last;
    },
  };
}

/** Of five frames, four are left, each a quarter of a step later than its number says. */
const ofCycle = (index: number): readonly [number, number] => {
  const [cycle, place] = [Math.floor(index / (CYCLE - 1)), index % (CYCLE - 1)];
  return [CYCLE * cycle + place, place];
};

/** The times of the source, of which the newest few are kept. */
function steppedTimes(next: () => Promise<number | undefined>) {
  const kept = new Map<number, number>();
  let count = 0;
  let isOver = false;
  const at = async (index: number): Promise<number | undefined> => {
    while (count <= index && !isOver) {
      const time = await next();
      if (time === undefined) isOver = true;
      else kept.set(count++, time);
      kept.delete(count - 2 * CYCLE);
    }
    return kept.get(index);
  };
  const step = (from: number): number | undefined => {
    const [a, b] = [kept.get(from), kept.get(from + 1)];
    return a === undefined || b === undefined ? undefined : b - a;
  };
  const shortest = (...steps: readonly (number | undefined)[]): number => {
    const known = steps.filter((one) => one !== undefined);
    return known.length === 0 ? 1 : Math.min(...known);
  };
  return {
    at,
    /** Of the steps beside a frame the shorter one: the other may be a pause. */
    async stepAround(index: number): Promise<number> {
      await at(index + 1);
      return shortest(step(index - 1), step(index));
    },
    /** Of the two steps before a frame. */
    stepBefore: (index: number): number => shortest(step(index - 2), step(index - 1)),
  };
}
