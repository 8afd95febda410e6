import assert from 'node:assert/strict';
import { imageTraits } from '../../../../src/pipeline/media/traits/imageTraits';

/** Grey with a checkered part of one level, [height, width, 3]. */
function image(width: number, height: number, depth: 8 | 16, levelAt: (x: number, y: number) => number) {
  const bytes = depth / 8;
  const data = new Uint8Array(width * height * 3 * bytes);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++) data[(3 * i + c) * bytes + bytes - 1] = levelAt(i % width, Math.floor(i / width));
  return { width, height, depth, data };
}

describe('imageTraits', () => {
  const rough = (x: number, y: number): number => 128 + ((x * 7919 + y * 104_729) % 31) - 15;

  it('has the size, the bits of the file, and the noise of the brightness, at 8 and 16 bits', () => {
    const traits = imageTraits(image(200, 120, 8, rough), 'jpeg', 6000);
    assert.deepEqual([traits.width, traits.height, traits.codec, traits.bitsPerPixel], [200, 120, 'jpeg', 2]);
    assert.ok(traits.noise! > 3);
    assert.equal(imageTraits(image(200, 120, 16, rough), 'png', null).noise, traits.noise);
    assert.equal(imageTraits(image(200, 120, 16, rough), 'png', null).bitsPerPixel, null);
  });

  it('measures the middle of a large image', () => {
    const framed = (x: number, y: number): number => (x < 40 || x >= 1064 || y < 40 || y >= 1064 ? 128 : rough(x, y));
    assert.ok(imageTraits(image(1104, 1104, 8, framed), 'png', null).noise! > 3);
    const around = (x: number, y: number): number => (x < 40 || x >= 1064 || y < 40 || y >= 1064 ? rough(x, y) : 128);
    assert.equal(imageTraits(image(1104, 1104, 8, around), 'png', null).noise, 0);
  });
});
