import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** R′G′B′, 8 bits, [height, width, 3]. */
  readonly data: Uint8Array;
}

/** Reads the first frame of a file, after the given ffmpeg filters. */
export function readImage(program: string, path: string, filters: readonly string[] = []): RgbImage {
  const through = filters.length > 0 ? ['-vf', filters.join(',')] : [];
  const bytes = execFileSync(
    program,
    [
      '-v',
      'error',
      '-i',
      path,
      ...through,
      '-frames:v',
      '1',
      '-f',
      'image2pipe',
      '-c:v',
      'ppm',
      '-pix_fmt',
      'rgb24',
      '-',
    ],
    { maxBuffer: 1 << 28 },
  );
  const [head, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString('latin1', 0, 40))!;
  return { width: Number(width), height: Number(height), data: new Uint8Array(bytes.subarray(head.length)) };
}

/** Writes an image file and creates its folder. */
export function writeImage(program: string, path: string, { width, height, data }: RgbImage): void {
  mkdirSync(dirname(path), { recursive: true });
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`];
  execFileSync(program, ['-v', 'error', '-y', ...raw, '-i', '-', '-frames:v', '1', path], { input: data });
}

export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/** Y of BT.601, 16 … 235. */
export function luma({ width, height, data }: RgbImage): Plane {
  const y = Float64Array.from(
    { length: width * height },
    (_, i) => 16 + (65.481 * data[3 * i]! + 128.553 * data[3 * i + 1]! + 24.966 * data[3 * i + 2]!) / 255,
  );
  return { width, height, data: y };
}
