import assert from 'node:assert/strict';
import { ImageSequence } from '../../../nodes/out/imageSequence';
import type { ImageMessage } from '../../../nodes/out/waitingImages';
import { message } from '../support/messages';

const image = (parts: unknown, fields: object = {}, hasImage = true): ImageMessage => ({
  ...message({ payload: Buffer.alloc(1), ...fields }),
  ...{ parts, hasImage },
});

describe('an image sequence', () => {
  it('is complete when as many images have come as msg.parts.count says', () => {
    const sequence = new ImageSequence();
    const [first, last] = [image({ index: 0 }), image({ index: 1, count: 2 })];
    assert.deepEqual(sequence.take(first), { isComplete: false, isIgnored: false, next: [first] });
    assert.deepEqual(sequence.take(last), { isComplete: true, isIgnored: false, next: [last] });
    assert.equal(sequence.expected, 2);
  });

  it('a count that comes before the other images does not end it', () => {
    const sequence = new ImageSequence();
    const [last, first] = [image({ index: 1, count: 2 }), image({ index: 0 })];
    assert.deepEqual(sequence.take(last), { isComplete: false, isIgnored: false, next: [] });
    assert.deepEqual(sequence.take(first), { isComplete: true, isIgnored: false, next: [first, last] });
  });

  it('msg.complete ends it, with or without an image, and missing images are expected', () => {
    const sequence = new ImageSequence();
    const early = image({ index: 2 });
    sequence.take(early);
    const end = image(undefined, { complete: true }, false);
    assert.deepEqual(sequence.take(end), { isComplete: true, isIgnored: true, next: [early] });
    assert.equal(sequence.expected, 3);
  });

  it('an image that comes twice does not end it early', () => {
    const sequence = new ImageSequence();
    const [first, again, last] = [0, 0, 1].map((index) => image({ index, count: 2 })) as [
      ImageMessage,
      ImageMessage,
      ImageMessage,
    ];
    sequence.take(first);
    assert.deepEqual(sequence.take(again), { isComplete: false, isIgnored: true, next: [] });
    assert.deepEqual(sequence.take(last), { isComplete: true, isIgnored: false, next: [last] });
  });

  it('one that is lost does not keep it open, once 64 later ones have come', () => {
    const sequence = new ImageSequence();
    const taken = [...Array(100).keys()]
      .filter((index) => index !== 20)
      .map((index) => sequence.take(image({ index, count: 100 })));
    assert.deepEqual(taken.map(({ isComplete }) => isComplete).indexOf(true), 98, 'with the last');
    assert.equal(taken.flatMap(({ next }) => next).length, 99);
    assert.equal(sequence.expected, 100);
  });

  it('gives those that wait for a lost one', () => {
    const sequence = new ImageSequence();
    const images = [0, 2, 3].map((index) => image({ index }));
    for (const one of images) sequence.take(one);
    assert.equal(sequence.isCounted, false);
    assert.deepEqual(sequence.rest(), images.slice(1));
    sequence.take(image({ index: 5, count: 6 }));
    assert.equal(sequence.isCounted, true);
  });

  for (const parts of [{ index: -1 }, { index: 1.5 }, { index: NaN }, { index: '0' }, { index: 0, count: 0 }])
    it(`refuses ${JSON.stringify(parts)}`, () => {
      assert.throws(() => new ImageSequence().take(image(parts)), { code: 'BAD_SETTING' });
    });

  it('ignores an image that came before', () => {
    const sequence = new ImageSequence();
    sequence.take(image({ index: 0 }));
    assert.deepEqual(sequence.take(image({ index: 0 })), { isComplete: false, isIgnored: true, next: [] });
  });
});
