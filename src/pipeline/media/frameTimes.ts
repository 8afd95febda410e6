import type { Ffmpeg } from './runFfmpeg';

/**
 * The times from file descriptor 3, `stream, dts, pts, …` per frame, in ticks; null: the frame has none; undefined: end
 * of stream.
 */
export function frameTimes(
  decoder: Ffmpeg,
  onResize: (time: number) => void,
): { next(): Promise<number | null | undefined>; newest(): number | null } {
  const known: (number | null)[] = []; // bounded: ffmpeg blocks while its stdout is not read
  let newest: number | null = null;
  let size: string | null = null;
  let rest = '';
  let ended = false;
  let wake = (): void => {};
  decoder.pipes[0]!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const found = /^0, *\S+, *([^,\s]+),(?: *\d+, *\d+, *(\w+))?/.exec(line);
      if (!found) continue;
      known.push(Number.isFinite(Number(found[1])) ? Number(found[1]) : null);
      newest = known.at(-1) ?? newest;
      if (size !== null && found[2] !== size) onResize(newest ?? 0);
      size = found[2] ?? size;
    }
    wake();
  });
  for (const event of ['end', 'close']) {
    decoder.pipes[0]!.once(event, () => {
      ended = true;
      wake();
    });
  }
  return {
    async next() {
      while (known.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      return known.shift();
    },
    newest: () => newest,
  };
}
