import assert from 'node:assert/strict';
import sharp from 'sharp';
import { addedDetail } from '../../../../src/pipeline/media/image/addedDetail';
import { addedMap } from '../../../../src/pipeline/media/image/addedMap';

const grey = (levels: readonly number[], width = levels.length) => ({
  ...{ width, height: levels.length / width },
  data: Uint8Array.from(levels.flatMap((level) => [level, level, level])),
});

describe('what a model has added', () => {
  it('is the mean difference of brightness, and the share of the visible pixels', () => {
    const { mean, share } = addedMap(grey([100, 100, 100, 100]), grey([100, 104, 90, 130]));
    assert.ok(Math.abs(mean - 11) < 1e-9, String(mean)); // 0, 4, 10 and 30
    assert.equal(share, 0.5); // 4 is not seen
    assert.deepEqual(addedMap(grey([0, 255]), grey([0, 255])), { mean: 0, share: 0, map: grey([0, 89]) });
  });

  it('blended by half the strength it is half as much', () => {
    const [plain, after] = [grey([10, 200, 60, 90]), grey([50, 120, 60, 150])];
    const half = grey([30, 160, 60, 120]);
    assert.ok(Math.abs(addedMap(plain, half).mean - addedMap(plain, after).mean / 2) < 1e-9);
  });

  it('is shown in orange where it became brighter, in blue where darker', () => {
    const { map } = addedMap(grey([100, 100, 100]), grey([150, 50, 100]));
    const [brighter, darker, same] = [0, 3, 6].map((at) => [...map.data.subarray(at, at + 3)]);
    assert.deepEqual([brighter, darker, same], [[255, 160, 70], [70, 160, 255], [35, 35, 35]]); // prettier-ignore
  });

  it('of large images is found in a thread, without holding up this one', async () => {
    const side = 1200;
    const image = (level: number) => sharp({ create: { width: side, height: side, channels: 3, background: { r: level, g: level, b: level } } }).png().toBuffer(); // prettier-ignore
    const { mean, share, map } = await addedDetail(await image(100), await image(130));
    assert.deepEqual([Math.round(mean), share], [30, 1]);
    assert.equal((await sharp(Buffer.from(map)).metadata()).width, side);
  });

  it('is found in files: nothing in a plain enlargement, something in a sharpened one, at 8 and 16 bits', async () => {
    const noise = Uint8Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * 7919) % 251);
    const before = await sharp(noise, { raw: { width: 24, height: 16, channels: 3 } })
      .png()
      .toBuffer();
    const large = sharp(before).resize({ width: 48, height: 32, fit: 'fill', kernel: 'cubic' });
    const plain = await addedDetail(before, await large.clone().png().toBuffer());
    assert.ok(plain.mean < 0.01 && plain.share === 0, JSON.stringify([plain.mean, plain.share]));
    const sharpened = await addedDetail(before, await large.clone().sharpen({ sigma: 2 }).png().toBuffer());
    assert.ok(sharpened.mean > 3 && sharpened.share > 0.2);
    const deep = await large.clone().sharpen({ sigma: 2 }).toColourspace('rgb16').png().toBuffer();
    assert.ok(Math.abs((await addedDetail(before, deep)).mean - sharpened.mean) < 0.6);
    for (const file of [sharpened.map, sharpened.plain, sharpened.result]) {
      const { format, width, height } = await sharp(Buffer.from(file)).metadata();
      assert.deepEqual([format, width, height], ['jpeg', 48, 32]);
    }
  });
});
