import type { FrameSelection } from '../../../settings/framesJob';
import type { Frame, Rational } from '../../media/frame';

/** A frame to be extracted as an image. */
export interface SelectedFrame {
  readonly frame: Frame;
  /** Index of the frame, counted from the first frame read. */
  readonly index: number;
  /** Frames between the previous selected frame and this one. */
  readonly dropped: number;
  readonly isLast: boolean;
}

/** Selects frames, and marks the last one as such, for which it reads ahead to the next selected frame. */
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
  let previous = -1;
  for await (const frame of selected(numbered(), timeBase, pick)) {
    if (held) yield { ...held, isLast: false };
    const index = numbers.get(frame)!;
    held = { frame, index, dropped: index - previous - 1 };
    previous = index;
  }
  if (held) yield { ...held, isLast: true };
}

function selected(frames: AsyncIterable<Frame>, timeBase: Rational, pick: FrameSelection): AsyncIterable<Frame> {
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

/** The first frame of each 1/fps seconds. Half a tick early, because times are rounded to whole ticks. */
async function* firstOfSlots(frames: AsyncIterable<Frame>, { num, den }: Rational, fps: number): AsyncGenerator<Frame> {
  let lastSlot = -Infinity;
  for await (const frame of frames) {
    const slot = Math.floor(((frame.pts + 0.5) * num * fps) / den);
    if (slot !== lastSlot) yield frame;
    lastSlot = slot;
  }
}

async function* firstOfShots(frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
  let scene: number | null = null;
  for await (const frame of frames) {
    if (frame.scene !== scene) yield frame;
    scene = frame.scene;
  }
}

/** The frames displayed at the given times: before the first frame the first, after the last frame the last. */
async function* shownAt(
  frames: AsyncIterable<Frame>,
  { num, den }: Rational,
  seconds: readonly number[],
): AsyncGenerator<Frame> {
  let next = 0;
  let previous: Frame | null = null;
  for await (const frame of frames) {
    const time = (frame.pts * num) / den;
    // half a tick of tolerance: 0.04 s selects the frame at 1/25 s
    let isWanted = false;
    for (; next < seconds.length && seconds[next]! < time - num / den / 2; next++) isWanted = true;
    if (isWanted) yield previous ?? frame;
    if (next === seconds.length) return;
    previous = frame;
  }
  if (previous) yield previous;
}
