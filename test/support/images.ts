import sharp from 'sharp';
import type { TimedImage } from '../../src/settings/assembleJob';

/** An image with edges, gradients and colours: every pixel differs from its neighbours. */
export function pattern(width: number, height: number, channels: 1 | 2 | 3 | 4 = 3): sharp.Sharp {
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isLit = (Math.floor(x / 8) + Math.floor(y / 8)) % 2 === 0;
      const light = [isLit ? 200 + (x % 40) : (x * 3) % 90, (y * 255) / height, ((x + y) * 7) % 256];
      const opacity = (x * 255) / (width - 1);
      for (let c = 0; c < channels; c++) data[i++] = channels % 2 === 0 && c === channels - 1 ? opacity : light[c]!;
    }
  }
  return sharp(data, { raw: { width, height, channels } }).toColourspace(channels < 3 ? 'b-w' : 'srgb');
}

/** The samples of an image file, without colour conversion or rotation. */
export const samples = (file: Uint8Array, channel?: 0 | 1 | 2 | 3) => {
  const picture = sharp(Buffer.from(file), { ignoreIcc: true });
  return (channel === undefined ? picture : picture.extractChannel(channel)).raw().toBuffer();
};

/** A video of one image. */
export async function* oneImage(data: Uint8Array): AsyncGenerator<TimedImage> {
  yield { source: { kind: 'file', data }, time: null };
}
