import assert from 'node:assert/strict';
import { type ImageMessage, WaitingImages } from '../../../nodes/out/waitingImages';
import { message, type Sent } from '../support/messages';

const MIB = 2 ** 20;
const image = (bytes: number): ImageMessage & Sent => ({
  ...message({ payload: { data: Buffer.alloc(bytes), width: 1, height: 1 } }),
  ...{ parts: null, hasImage: true },
});

describe('the images that wait to be written', () => {
  it('are done once, with an error or without', () => {
    const waiting = new WaitingImages();
    const [a, b, c] = [image(1), image(1), image(1)];
    for (const one of [a, b, c]) waiting.add(one);
    waiting.finish(a, new RangeError('bad'));
    waiting.finish(a);
    waiting.finish(b);
    waiting.finishAll();
    waiting.finishAll();
    assert.deepEqual([a.ends, b.ends, c.ends], [['RangeError'], [null], [null]]);
  });

  it('are at most 256 MiB', () => {
    const waiting = new WaitingImages();
    const images = [image(100 * MIB), image(100 * MIB), image(56 * MIB), image(1)];
    assert.deepEqual(
      images.slice(0, 3).map((one) => waiting.add(one)),
      [true, true, true],
    );
    assert.equal(waiting.add(images[3]!), false);
  });

  it('make room when they are done, even if the message has another payload by then', () => {
    const waiting = new WaitingImages();
    const big = image(200 * MIB);
    waiting.add(big);
    big.msg.payload = { status: 'done' };
    waiting.finish(big);
    assert.equal(waiting.add(image(200 * MIB)), true);
  });
});
