import assert from 'node:assert/strict';
import { shownRate } from '../../../nodes/message/liveStatus';

describe('the status of a camera', () => {
  it('shows the measured frame rate, and the announced one where that is true', () => {
    assert.equal(shownRate(25, null), 25);
    assert.equal(shownRate(null, null), null);
    assert.equal(shownRate(25, 24.1), 25);
    assert.equal(shownRate(25, 12.4), 12);
    assert.equal(shownRate(25, 27.6), 28);
    assert.equal(shownRate(null, 4.96), 5);
    assert.equal(shownRate(null, 0.333), 0.3);
  });
});
