import { setImmediate as turn } from 'node:timers/promises';

/**
 * Frames with their times; undefined: the times have ended. While the time of a frame is not known, frames are read on: a second
 * field needs the time of the next source frame, and at the end of a video ffmpeg writes that only behind up to a few more frames.
 * They are as many as its decoder has in its threads.
 */
export async function* timedFrames<T>(
  frames: AsyncIterable<T>,
  nextTime: () => Promise<number | undefined>,
): AsyncGenerator<readonly [frame: T, time: number | undefined]> {
  const iterator = frames[Symbol.asyncIterator]();
  const ahead: T[] = [];
  let reading: Promise<IteratorResult<T>> | null = null;
  const read = (): Promise<IteratorResult<T>> => {
    const result = (reading ??= iterator.next());
    result.catch(() => {}); // the wait for it gets the error
    return result;
  };
  let isOver = false;
  const take = ({ done, value }: IteratorResult<T>): void => {
    reading = null;
    if (done) isOver = true;
    else ahead.push(value);
  };
  try {
    for (;;) {
      if (ahead.length === 0 && !isOver) take(await read());
      if (ahead.length === 0) return;
      const time = nextTime().then((pts) => ({ pts }));
      let known = await Promise.race([time, turn(null)]); // usually it is there, and no frame is read ahead
      while (known === null && !isOver) {
        const result = await Promise.race([time, read()]);
        if ('pts' in result) known = result;
        else take(result);
      }
      known ??= await time;
      yield [ahead.shift()!, known.pts];
    }
  } finally {
    const left = iterator.return?.();
    // A frame that is read ahead may never come: a reader that stops early ends ffmpeg next.
    if (reading === null) await left;
    else left?.catch(() => {});
  }
}
