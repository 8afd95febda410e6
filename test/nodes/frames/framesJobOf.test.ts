import assert from 'node:assert/strict';
import { secondsOf } from '../../../nodes/frames/framesJobOf';

describe('the times of frames', () => {
  it('are read from text, numbers and arrays, in ascending order', () => {
    assert.deepEqual(secondsOf('1, 00:01:30; 2.5'), [1, 2.5, 90]);
    assert.deepEqual(secondsOf([3, '00:00:01']), [1, 3]);
    assert.deepEqual([secondsOf(4), secondsOf(''), secondsOf(' ')], [[4], [], []]);
  });

  it('anything else is an error', () => {
    for (const value of ['soon', [1, 'soon'], { at: 1 }, -1])
      assert.throws(() => secondsOf(value), { code: 'BAD_SETTING' }, JSON.stringify(value));
  });
});
