import { RemasterError } from '../../../errors';
import type { AssembleJob } from '../../../settings/assembleJob';
import type { Rational } from '../../media/frame';
import { frameRate } from '../../media/frameRate';
import type { VideoTimes } from '../../media/trackClock';

/** Images per second by default. */
const DEFAULT_RATE = 25;
/** Ticks per second for images with times: a multiple of all common frame rates. */
const TICK_RATE = 90_000;

/** The times of images in a video: their own, or those of a frame rate. */
export class ImageClock {
  /** Null: the images have times of their own. */
  readonly framesPerSecond: number | null;
  readonly #timeBase: Rational;
  readonly #pts: number[] = [];

  /** `firstTime`: seconds, that of the first image; null when it has none. */
  constructor({ fps }: Pick<AssembleJob, 'fps'>, firstTime: number | null) {
    const { num, den } = frameRate(fps ?? DEFAULT_RATE);
    const isTimed = fps === null && firstTime !== null;
    this.#timeBase = isTimed ? { num: 1, den: TICK_RATE } : { num: den, den: num };
    this.framesPerSecond = isTimed ? null : num / den;
  }

  /** Number of images. */
  get count(): number {
    return this.#pts.length;
  }

  /** Adds an image. `time` in seconds; null: it follows at the default rate. Errors: BAD_SETTING if it is none, or not later. */
  add(time: number | null): void {
    const last = this.#pts.at(-1) ?? -1;
    const due = this.framesPerSecond === null ? this.#ticks(time, last) : this.#pts.length;
    if (due <= last) throw notRising(time);
    this.#pts.push(due);
  }

  /** From the first image to the end of the last, which is shown as long as the one before. */
  times(): VideoTimes {
    const first = this.#pts[0]!;
    const pts = this.#pts.map((tick) => tick - first);
    const last = pts.at(-1)!;
    const usual = this.framesPerSecond === null ? TICK_RATE / DEFAULT_RATE : 1;
    return { pts, end: last + (pts.length > 1 ? last - pts.at(-2)! : usual), timeBase: this.#timeBase };
  }

  #ticks(time: number | null, last: number): number {
    const { num, den } = this.#timeBase;
    if (time !== null && !(Number.isFinite(time) && time >= 0)) throw noTime(this.count + 1, time);
    return time === null ? last + Math.round(den / num / DEFAULT_RATE) : Math.round((time * den) / num);
  }
}

const noTime = (image: number, time: number): RemasterError =>
  new RemasterError('BAD_SETTING', `The time of image ${image} is ${time}.`, {
    remedy: 'Give seconds, 0 or more, or null where it is unknown.',
  });

const notRising = (time: number | null): RemasterError =>
  new RemasterError('BAD_SETTING', `An image at ${time} s arrived after a later one.`, {
    remedy: 'Send the images in order, or set the frame rate, which replaces their times.',
  });
