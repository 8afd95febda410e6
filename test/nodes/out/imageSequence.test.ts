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

  it('ignores an image that came before', () => {
    const sequence = new ImageSequence();
    sequence.take(image({ index: 0 }));
    assert.deepEqual(sequence.take(image({ index: 0 })), { isComplete: false, isIgnored: true, next: [] });
  });
});
