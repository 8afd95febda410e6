/** Pixels. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** Pixels of the rows that tell the width and the height: more than any video has, and two numbers to tell them apart. */
const ROW = { width: 16_384, height: 16_400 } as const;

/**
 * Filters that turn frames into the streams `[width]` and `[height]`: a row of which as many pixels are 1 as the frame is
 * wide or high, and the others 0. ffmpeg scales every stream to the size of its first frame, so a size of its own would
 * not tell. They take 0.3 to 0.7 ms of one CPU per frame of 1920×1080; decoding it to R′G′B′ takes 6 to 7 ms.
 */
export const SIZE_FILTERS: readonly string[] = [
  `[w]crop=iw:'min(2,ih)':0:0:exact=1,format=gray,crop=iw:1:0:0,${ones(ROW.width)}[width]`,
  `[h]crop='min(2,iw)':ih:0:0:exact=1,format=gray,crop=1:ih:0:0,transpose,${ones(ROW.height)}[height]`,
];

function ones(length: number): string {
  return `lut=255,pad=${length}:1,lut='gt(val,128)'`; // the colour of a padding is 0 or 16
}

/** Outputs that list these streams on file descriptor 3. `passthrough`: the options that keep every frame. */
export const sizeOutputs = (passthrough: readonly string[]): string[] =>
  ['[width]', '[height]'].flatMap((stream) => [
    ...['-map', stream, ...passthrough, '-c:v', 'rawvideo', '-flush_packets', '1', '-f', 'framecrc', 'pipe:3'],
  ]);

/** Calls `onSize` with the size of each frame, in order. Takes the text from file descriptor 3 in pieces. */
export function sizeReader(onSize: (size: FrameSize) => void): (text: string) => void {
  const widths: number[] = []; // the two streams have the same frames, so one of these is nearly empty
  const heights: number[] = [];
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const [, bytes, sum] = LINE.exec(line) ?? [];
      if (sum === undefined) continue;
      // The lower half of Adler-32, which starts at 0 here, is the sum of all bytes.
      (Number(bytes) === ROW.width ? widths : heights).push(Number.parseInt(sum, 16) & 0xffff);
    }
    while (widths.length > 0 && heights.length > 0) onSize({ width: widths.shift()!, height: heights.shift()! });
  };
}

/** `stream, dts, pts, duration, bytes, Adler-32` */
const LINE = /^0,[^,]*,[^,]*,[^,]*, *(\d+), 0x([\da-f]{8})/;
