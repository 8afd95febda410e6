import assert from 'node:assert/strict';
import { splitImage, comparison } from '../../../src/pipeline/frames/comparison';
import { findFfmpeg } from '../../../src/pipeline/media/findFfmpeg';
import type { FramePixels } from '../../../src/pipeline/media/frame';
import { encodeJpeg } from '../../../src/pipeline/media/jpegEncoder';

const square = { num: 1, den: 1 };
/** One colour, in 8 or 16 bits. */
const plain = (width: number, height: number, depth: 8 | 16, colour: number): FramePixels => ({
  width,
  height,
  depth,
  data: new Uint8Array(width * height * 3 * (depth / 8)).map((_, i) => (depth === 16 && i % 2 === 0 ? 99 : colour)),
});

describe('comparison', () => {
  it('shows the left half before and the right half after, for any size and depth', () => {
    for (const depth of [8, 16] as const) {
      const { width, height, data } = splitImage(plain(3, 2, depth, 40), plain(1200, 800, depth, 200), square);
      assert.deepEqual([width, height], [320, 214]);
      const row = 100 * width * 3;
      assert.deepEqual([data[row], data[row + 158 * 3]], [40, 40]);
      assert.deepEqual([data[row + 159 * 3], data[row + 160 * 3]], [0, 255], 'the line');
      assert.deepEqual([data[row + 161 * 3], data[row + 319 * 3 + 2]], [200, 200]);
      assert.equal(data.at(-1), 200);
    }
  });

  it('has the displayed aspect ratio and a maximum height', () => {
    const shape = (width: number, height: number, num: number, den: number): number =>
      splitImage(plain(width, height, 8, 1), plain(width, height, 8, 1), { num, den }).height;
    assert.equal(shape(72, 576 / 8, 2, 1), 160);
    assert.equal(shape(2, 2000, 1, 1), 640);
    assert.equal(shape(2000, 1, 1, 1), 2);
  });

  it('is created on request from the next frame, for all pending requests', async () => {
    const split = comparison();
    split.offer(plain(4, 4, 8, 1), plain(4, 4, 8, 1), square);
    const asked = [split.next(), split.next()];
    split.offer(plain(4, 4, 8, 7), plain(4, 4, 8, 7), square);
    split.offer(plain(4, 4, 8, 9), plain(4, 4, 8, 9), square);
    for (const frame of await Promise.all(asked)) assert.equal(frame!.data[0], 7);
  });

  it('returns both frames of a pair as 8-bit copies', async () => {
    const split = comparison();
    const [before, after] = [plain(3, 2, 16, 40), plain(12, 8, 8, 200)];
    const asked = [split.pair(), split.pair(), split.next()] as const;
    split.offer(before, after, { num: 4, den: 3 });
    before.data.fill(0);
    after.data.fill(0);
    const pair = (await asked[0])!;
    assert.equal(await asked[1], pair, 'one for all who ask');
    assert.deepEqual([pair.before.width, pair.before.height, pair.before.data.length], [3, 2, 18]);
    assert.deepEqual([pair.after.width, pair.after.height, pair.after.data.length], [12, 8, 288]);
    assert.deepEqual([new Set(pair.before.data), new Set(pair.after.data)], [new Set([40]), new Set([200])]);
    assert.deepEqual([pair.pixelAspect, (await asked[2])!.width], [{ num: 4, den: 3 }, 320]);
    const late = split.pair();
    split.close();
    assert.deepEqual([await late, await split.pair()], [null, null]);
  });

  it('resolves pending requests when the job ends', async () => {
    const split = comparison();
    const asked = split.next();
    split.close();
    assert.deepEqual([await asked, await split.next()], [null, null]);
  });

  it('can be encoded as JPEG', async () => {
    const jpeg = await encodeJpeg(await findFfmpeg(), splitImage(plain(4, 4, 8, 1), plain(4, 4, 8, 1), square));
    assert.equal(Buffer.from(jpeg).readUInt16BE(0), 0xffd8);
  });
});
