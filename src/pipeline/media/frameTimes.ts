import { Inbox } from '../../async/inbox';
import type { Ffmpeg } from './runFfmpeg';

/** The times of frames, in ticks; null: the frame has none; undefined: end of stream. */
export interface FrameTimes {
  next(): Promise<number | null | undefined>;
  newest(): number | null;
}

/** The times from file descriptor 3: `stream, dts, pts, …` per frame. */
export function frameTimes(decoder: Ffmpeg, onResize: (time: number) => void): FrameTimes {
  const known = new Inbox<number | null>(); // bounded: ffmpeg blocks while its stdout is not read
  let newest: number | null = null;
  let size: string | null = null;
  let rest = '';
  decoder.pipes[0]!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const found = /^0, *\S+, *([^,\s]+),(?: *\d+, *\d+, *(\w+))?/.exec(line);
      if (!found) continue;
      const time = Number.isFinite(Number(found[1])) ? Number(found[1]) : null;
      newest = time ?? newest;
      known.push(time);
      if (size !== null && found[2] !== size) onResize(newest ?? 0);
      size = found[2] ?? size;
    }
  });
  for (const event of ['end', 'close']) decoder.pipes[0]!.once(event, () => known.end());
  return { next: () => known.next(), newest: () => newest };
}
