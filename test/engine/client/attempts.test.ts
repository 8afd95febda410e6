import assert from 'node:assert/strict';
import { Attempts } from '../../../src/engine/client/attempts';

describe('attempts', () => {
  it('are used up by three crashes without progress', () => {
    const attempts = new Attempts();
    assert.deepEqual([attempts.crash(), attempts.crash(), attempts.crash()], [false, false, true]);
  });

  it('begin again with more frames than ever before, and only then', () => {
    const attempts = new Attempts();
    assert.deepEqual(
      [0, 5, 5, 4, 6].map((frames) => attempts.advanceTo(frames)),
      [false, true, false, false, true],
    );
    attempts.crash();
    attempts.crash();
    attempts.advanceTo(7);
    assert.equal(attempts.crash(), false);
    attempts.crash();
    attempts.advanceTo(7);
    assert.equal(attempts.crash(), true);
  });
});
