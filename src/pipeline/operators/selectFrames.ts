import { defer, filter, map, type MonoTypeOperatorFunction, Observable, type OperatorFunction } from 'rxjs';
import type { FrameSelection } from '../../settings/framesJob';
import type { Frame, Rational } from '../media/frame';

/** A frame to be extracted as an image. */
export interface SelectedFrame {
  readonly frame: Frame;
  /** Index of the frame, counted from the first frame read. */
  readonly index: number;
  /** Frames between the previous selected frame and this one. */
  readonly dropped: number;
  readonly isLast: boolean;
}

interface Numbered {
  readonly frame: Frame;
  readonly index: number;
}

/**
 * Selects frames, and marks the last one as such: each comes when the next one is known.
 *
 *     source  a b c d e|
 *     result  ----a---c-e|     every second one; e is the last
 */
export const selectFrames =
  (timeBase: Rational, pick: FrameSelection): OperatorFunction<Frame, SelectedFrame> =>
  (source) =>
    source.pipe(
      map((frame, index): Numbered => ({ frame, index })),
      chosen(timeBase, pick),
      markLast,
    );

function chosen(timeBase: Rational, pick: FrameSelection): MonoTypeOperatorFunction<Numbered> {
  switch (pick.by) {
    case 'every':
      return filter(({ index }) => index % pick.n === 0);
    case 'rate':
      return whenNew(slotOf(timeBase, pick.fps));
    case 'scenes':
      return whenNew(({ scene }) => scene);
    case 'times':
      return shownAt(timeBase, pick.seconds);
  }
}

/** The first frame of each value. */
const whenNew =
  (value: (frame: Frame) => number): MonoTypeOperatorFunction<Numbered> =>
  (source) =>
    defer(() => {
      let last: number | null = null;
      return source.pipe(
        filter(({ frame }) => {
          const now = value(frame);
          const isNew = now !== last;
          last = now;
          return isNew;
        }),
      );
    });

/** Its interval of 1/fps seconds. Half a tick early, because times are rounded to whole ticks. */
const slotOf =
  ({ num, den }: Rational, fps: number) =>
  ({ pts }: Frame): number =>
    Math.floor(((pts + 0.5) * num * fps) / den);

/** The frames displayed at the given times: before the first frame the first, after the last frame the last. */
const shownAt =
  ({ num, den }: Rational, seconds: readonly number[]): MonoTypeOperatorFunction<Numbered> =>
  (source) =>
    new Observable((subscriber) => {
      let next = 0;
      let previous: Numbered | null = null;
      let shown: Numbered | null = null; // the last one given out: several times may show it
      const show = (item: Numbered): void => {
        if (item !== shown) subscriber.next(item);
        shown = item;
      };
      const subscription = source.subscribe({
        next(item) {
          const time = (item.frame.pts * num) / den;
          // half a tick of tolerance: 0.04 s selects the frame at 1/25 s
          let isWanted = false;
          for (; next < seconds.length && seconds[next]! < time - num / den / 2; next++) isWanted = true;
          if (isWanted) show(previous ?? item);
          previous = item;
          if (next === seconds.length) subscriber.complete();
        },
        error: (error: unknown) => subscriber.error(error),
        complete() {
          if (previous) show(previous);
          subscriber.complete();
        },
      });
      return subscription;
    });

const markLast: OperatorFunction<Numbered, SelectedFrame> = (source) =>
  new Observable((subscriber) => {
    let held: Omit<SelectedFrame, 'isLast'> | null = null;
    return source.subscribe({
      next({ frame, index }) {
        const ready = held;
        held = { frame, index, dropped: index - (ready?.index ?? -1) - 1 };
        if (ready) subscriber.next({ ...ready, isLast: false });
      },
      error: (error: unknown) => subscriber.error(error),
      complete() {
        if (held) subscriber.next({ ...held, isLast: true });
        subscriber.complete();
      },
    });
  });
