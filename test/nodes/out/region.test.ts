import assert from 'node:assert/strict';
import { regionIn } from '../../../nodes/out/region';

describe('the region of a frame', () => {
  it('is given in percent', () => {
    const middle = { left: 0.25, top: 0.25, width: 0.5, height: 0.5, when: 'slow' };
    for (const text of ['25, 25, 50, 50', '25 25 50 50', '25%;25%;50%;50%'])
      assert.deepEqual(regionIn(text, 'slow'), middle);
    assert.equal(regionIn('', 'always'), null);
    assert.equal(regionIn(undefined, 'always'), null);
  });

  it('is rejected if it is not inside the frame', () => {
    for (const text of ['25', '0 0 0 0', '60, 0, 50, 50', '-1 0 50 50', 'a b c d', '1 2 3 4 5'])
      assert.throws(
        () => regionIn(text, 'always'),
        { code: 'BAD_SETTING', message: /is invalid/, remedy: /inside the frame/ },
        text,
      );
  });
});
