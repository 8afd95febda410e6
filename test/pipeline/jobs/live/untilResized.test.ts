import assert from 'node:assert/strict';
import { untilResized } from '../../../../src/pipeline/jobs/live/untilResized';

describe('untilResized', () => {
  const sent = { width: 4, height: 2 };
  const start = () => {
    const passed: number[] = [];
    const sizes: object[] = [];
    const { frame, size } = untilResized(
      sent,
      ([number]) => passed.push(number!),
      (found) => sizes.push(found),
    );
    return { passed, sizes, size, frame: (number: number) => frame(new Uint8Array([number])) };
  };

  it('passes a frame on once both it and its size have come, whichever comes first', () => {
    const { passed, frame, size } = start();
    frame(1);
    assert.deepEqual(passed, []);
    size(sent);
    assert.deepEqual(passed, [1]);
    size(sent);
    frame(2);
    assert.deepEqual(passed, [1, 2]);
  });

  for (const other of [
    { width: 5, height: 2 },
    { width: 4, height: 3 },
  ]) {
    it(`a frame of ${other.width}×${other.height} and all after it stay back, those before it do not`, () => {
      const { passed, sizes, frame, size } = start();
      frame(1);
      for (const each of [sent, sent, other, sent, other]) size(each);
      for (let number = 2; number < 40; number++) frame(number);
      assert.deepEqual(passed, [1, 2]);
      assert.deepEqual(sizes, [other]);
    });
  }

  it('drops the oldest of more than 16 frames without a size, and the size of each when it comes', () => {
    const { passed, frame, size } = start();
    for (let number = 1; number <= 18; number++) frame(number);
    size(sent);
    size(sent);
    assert.deepEqual(passed, []);
    size(sent);
    assert.deepEqual(passed, [3]);
    for (let number = 4; number <= 18; number++) size(sent);
    assert.deepEqual(passed.at(-1), 18);
    assert.equal(passed.length, 16);
  });
});
