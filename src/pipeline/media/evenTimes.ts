import type { FrameTimes } from './frameTimes';
import type { ClockJump } from './gaps/jumpDetector';
import type { VideoInfo } from './probe';

/** Seconds by which a time is taken for wrong if the next frame is before it. */
const FORWARD = 10;

/**
 * The times that frames get, in ticks, increasing; undefined: end of stream. Containers need increasing times: a frame with
 * an equal or missing time gets the next free tick. A single time that is far too late is not used: ffmpeg writes none of the
 * earlier times behind it, so these frames follow each other in the step of those before it. `onJump` is called for each such time.
 */
export function evenTimes(
  { timeBase, framesPerSecond }: Pick<VideoInfo, 'timeBase' | 'framesPerSecond'>,
  times: Pick<FrameTimes, 'next'>,
  onJump: (jump: ClockJump) => void,
) {
  const perSecond = timeBase.den / timeBase.num;
  const usual = Math.max(1, Math.round(perSecond / (framesPerSecond ?? 25)));
  let ahead: Promise<number | null | undefined> | null = null;
  let last = -Infinity;
  let lastStep = usual;
  /** The newest of the times that are not used. */
  let late: number | null = null;
  return {
    async next(): Promise<number | undefined> {
      const time = await (ahead ?? times.next());
      ahead = null;
      if (time === undefined) return undefined;
      if (time !== null && time - last > FORWARD * perSecond && last > -Infinity && late === null) {
        ahead = times.next(); // ffmpeg writes it as soon as this frame is read
        const following = await ahead;
        if (typeof following === 'number' && following <= time + 1) {
          onJump({ at: last / perSecond, by: (time - last) / perSecond });
          late = time;
        }
      }
      if (late !== null && time !== null) late = time <= late + 1 ? time : null;
      const next = late === null ? (time ?? last + usual) : last + lastStep;
      const pts = Math.max(next === -Infinity ? 0 : next, last + 1);
      if (late === null && last > -Infinity) lastStep = pts - last;
      last = pts;
      return pts;
    },
  };
}
