import type { FrameSelection } from '../../../settings/framesJob';
import type { Frame, Rational } from '../../media/frame';

/** A frame that becomes a picture. */
export interface SelectedFrame {
  readonly frame: Frame;
  /** Number of the frame, from the first that was read. */
  readonly index: number;
  /** Frames between the one before and this one. */
  readonly dropped: number;
  readonly isLast: boolean;
}

/** Takes the frames that are wanted out of all frames, and says of the last that it is the last: so it reads ahead to the next. */
export async function* selectFrames(
  frames: AsyncIterable<Frame>,
  timeBase: Rational,
  pick: FrameSelection,
): AsyncGenerator<SelectedFrame> {
  let count = 0;
  const numbers = new WeakMap<Frame, number>();
  async function* numbered(): AsyncGenerator<Frame> {
    for await (const frame of frames) {
      numbers.set(frame, count++);
      yield frame;
    }
  }
  let held: Omit<SelectedFrame, 'isLast'> | null = null;
  let before = -1;
  for await (const frame of chosen(numbered(), timeBase, pick)) {
    if (held) yield { ...held, isLast: false };
    const index = numbers.get(frame)!;
    held = { frame, index, dropped: index - before - 1 };
    before = index;
  }
  if (held) yield { ...held, isLast: true };
}

function chosen(frames: AsyncIterable<Frame>, timeBase: Rational, pick: FrameSelection): AsyncIterable<Frame> {
  switch (pick.by) {
    case 'every':
      return everyNth(frames, pick.n);
    case 'rate':
      return firstOfSlots(frames, timeBase, pick.fps);
    case 'scenes':
      return firstOfShots(frames);
    case 'times':
      return shownAt(frames, timeBase, pick.seconds);
  }
}

async function* everyNth(frames: AsyncIterable<Frame>, n: number): AsyncGenerator<Frame> {
  let count = 0;
  for await (const frame of frames) if (count++ % n === 0) yield frame;
}

/** Of the frames in each 1/fps of a second, the first. Half a tick early: times in whole ticks are rounded. */
async function* firstOfSlots(frames: AsyncIterable<Frame>, { num, den }: Rational, fps: number): AsyncGenerator<Frame> {
  let filled = -Infinity;
  for await (const frame of frames) {
    const slot = Math.floor(((frame.pts + 0.5) * num * fps) / den);
    if (slot !== filled) yield frame;
    filled = slot;
  }
}

async function* firstOfShots(frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
  let scene: number | null = null;
  for await (const frame of frames) {
    if (frame.scene !== scene) yield frame;
    scene = frame.scene;
  }
}

/** A frame is shown from its time until that of the next; before the first, the first is taken, after the last, the last. */
async function* shownAt(
  frames: AsyncIterable<Frame>,
  { num, den }: Rational,
  seconds: readonly number[],
): AsyncGenerator<Frame> {
  let next = 0;
  let before: Frame | null = null;
  for await (const frame of frames) {
    const time = (frame.pts * num) / den;
    // half a tick: 0.04 s and the frame at 1/25 s are the same
    let isWanted = false;
    for (; next < seconds.length && seconds[next]! < time - num / den / 2; next++) isWanted = true;
    if (isWanted) yield before ?? frame;
    if (next === seconds.length) return;
    before = frame;
  }
  if (before) yield before;
}
