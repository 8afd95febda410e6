import { join } from 'node:path';
import type { Samples } from '../../../../src/pipeline/frames/face/resample';
import { ff } from '../../../support/videos';

/** A photograph of one person facing the camera, with eyes, nose and corners of the mouth located by hand, in pixels. */
export const ASTRONAUT = join(process.cwd(), 'test/media/astronaut.jpg');
export const LANDMARKS = [
  [201, 102],
  [247, 106],
  [223, 128],
  [202, 143],
  [242, 145],
] as const;

/** An image decoded by ffmpeg; the output of `filter` must have `width` × `height` pixels. */
export async function picture(
  input: readonly string[],
  filter: string,
  width: number,
  height: number,
): Promise<Samples> {
  const raw = await ff(...input, '-vf', filter, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
  return { width, height, data: new Uint8Array(raw) };
}

/** The photograph, `side` pixels wide and high. */
export const astronaut = (side = 512): Promise<Samples> =>
  picture(['-i', ASTRONAUT], `scale=${side}:${side}:flags=area`, side, side);

/** PSNR in decibels, without the outermost `margin` pixels. */
export function psnr(a: Samples, b: Samples, margin = 0): number {
  let [sum, count] = [0, 0];
  for (let y = margin; y < a.height - margin; y++) {
    for (let i = (y * a.width + margin) * 3; i < (y * a.width + a.width - margin) * 3; i++, count++) {
      sum += (a.data[i]! - b.data[i]!) ** 2;
    }
  }
  return 10 * Math.log10((255 ** 2 * count) / sum);
}
