import assert from 'node:assert/strict';
import type { Model } from '../../../src/model/model';
import { bicubicFrame } from '../../../src/pipeline/frames/bicubic';
import { regionPlace, regionProcessor } from '../../../src/pipeline/frames/region';
import { tileProcessor } from '../../../src/pipeline/frames/upscaleTiles';
import type { Frame, RgbFrame } from '../../../src/pipeline/media/frame';
import { bicubic } from '../../sampler/reference/bicubic';
import { nearest } from '../../support/fakeModel';

const never = new AbortController().signal;

/** A frame of soft waves. */
function waves(width: number, height: number, shift = 0): RgbFrame {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++, at++) data[at] = 128 + 60 * Math.sin((x + shift) / 5 + c) + 50 * Math.cos(y / 4);
  return { width, height, data };
}

describe('regionProcessor', () => {
  const frame = (picture: RgbFrame): Frame => ({ index: 0, pts: 0, scene: 0, depth: 8, ...picture });
  const middle = { left: 0.25, top: 0.25, width: 0.5, height: 0.5, when: 'always' } as const;
  const choice = { tile: null, overlap: null, colorFix: null, noise: 'shared', tileCache: 0, segment: 100 } as const;

  it('places the region with its seam on multiples of the model, inside the frame', () => {
    const picture = { width: 320, height: 180 };
    assert.deepEqual(regionPlace(middle, picture, 1), { x: 72, y: 37, width: 176, height: 106 });
    assert.deepEqual(regionPlace(middle, picture, 16), { x: 64, y: 32, width: 192, height: 112 });
    assert.deepEqual(regionPlace({ ...middle, left: 0, top: 0, width: 1, height: 1 }, picture, 1), {
      x: 0,
      y: 0,
      ...picture,
    });
    const corner = regionPlace({ ...middle, left: 0.9, top: 0.9, width: 0.1, height: 0.1 }, picture, 8);
    assert.deepEqual([corner.x + corner.width, corner.y + corner.height], [320, 180]);
  });

  it('upscales the region with the model and the rest bicubically, with the noise of the whole frame', async () => {
    const picture = waves(96, 80);
    const keys: { x: number; y: number }[] = [];
    const plain = nearest(4);
    const model: Model = {
      ...plain,
      run: (batch, signal) => {
        keys.push(...batch.keys);
        return plain.run(batch, signal);
      },
    };
    const place = regionPlace(middle, picture, 1);
    const enhance = regionProcessor(tileProcessor(model, place, choice, assert.fail, 0, place), place, 4);
    const [output] = await enhance.run([frame(picture)], never);
    assert.deepEqual([output!.width, output!.height], [384, 320]);
    assert.deepEqual([keys[0]!.x, keys[0]!.y], [place.x, place.y]);
    const [whole] = await tileProcessor(plain, picture, choice, assert.fail).run([frame(picture)], never);
    const planes = Float64Array.from({ length: picture.data.length }, (_, i) => {
      const pixel = i % (96 * 80);
      return picture.data[pixel * 3 + Math.floor(i / (96 * 80))]!;
    });
    const large = bicubic({ dims: [1, 3, 80, 96], data: planes }, 4).data;
    for (let y = 0; y < 320; y++) {
      for (let x = 0; x < 384; x++) {
        const at = (y * 384 + x) * 3;
        const isInside = x >= 96 && x < 288 && y >= 80 && y < 240;
        const isOutside = x < place.x * 4 || x >= (place.x + place.width) * 4 || y < place.y * 4 || y >= (place.y + place.height) * 4; // prettier-ignore
        if (isInside) assert.equal(output!.data[at], whole!.data[at], `${x},${y}`);
        if (isOutside) assert.ok(Math.abs(output!.data[at]! - large[y * 384 + x]!) <= 1, `${x},${y}`);
      }
    }
    await enhance.run([frame(picture)], never);
    assert.equal(enhance.cacheStats!.share, 0.5);
  });

  it('a region of the whole frame is upscaled by the model alone', async () => {
    const picture = waves(40, 30);
    const place = regionPlace({ ...middle, left: 0, top: 0, width: 1, height: 1 }, picture, 1);
    const inside = tileProcessor(nearest(2), place, choice, assert.fail, 0, place);
    const [output] = await regionProcessor(inside, place, 2).run([frame(picture)], never);
    const [whole] = await tileProcessor(nearest(2), picture, choice, assert.fail).run([frame(picture)], never);
    assert.deepEqual(output!.data, whole!.data);
  });

  it('skips the bicubic upscaling only where the model’s output replaces it', () => {
    const picture = waves(20, 16);
    const none = { left: 0, top: 0, right: 0, bottom: 0 };
    const all = bicubicFrame(picture, 2, none).data;
    const holed = bicubicFrame(picture, 2, { left: 10, top: 8, right: 30, bottom: 20 }).data;
    for (let i = 0; i < all.length; i++) {
      const [x, y] = [Math.floor(i / 3) % 40, Math.floor(i / 120)];
      assert.equal(holed[i], x >= 10 && x < 30 && y >= 8 && y < 20 ? 0 : all[i]);
    }
  });
});
