import assert from 'node:assert/strict';
import { laterTimecode } from '../../../src/pipeline/media/timecode';

describe('timecode', () => {
  it('counts the frames of a second, a minute, an hour and a day', () => {
    assert.equal(laterTimecode('01:00:00:00', 0, 25), '01:00:00:00');
    assert.equal(laterTimecode('01:00:00:20', 0.2, 25), '01:00:01:00');
    assert.equal(laterTimecode('00:59:59:24', 0.04, 25), '01:00:00:00');
    assert.equal(laterTimecode('23:59:59:24', 0.04, 25), '00:00:00:00');
    assert.equal(laterTimecode('01:00:00:00', 1001 / 1000, 30000 / 1001), '01:00:01:00');
  });

  it('the frame of a cut is the first one at or behind its start', () => {
    assert.equal(laterTimecode('01:00:00:00', 0.41, 25), '01:00:00:11');
    assert.equal(laterTimecode('01:00:00:00', 0.4, 25), '01:00:00:10');
  });

  it('dropped numbers are left out in every minute but the tenth', () => {
    const frame = 1001 / 30000;
    assert.equal(laterTimecode('00:00:59;29', frame, 29.97), '00:01:00;02');
    assert.equal(laterTimecode('00:09:59;29', frame, 29.97), '00:10:00;00');
    assert.equal(laterTimecode('00:00:00;00', 17982 * frame, 29.97), '00:10:00;00');
    assert.equal(laterTimecode('00:01:00;02', 1798 * frame, 29.97), '00:02:00;02');
    assert.equal(laterTimecode('00:00:59;59', 1001 / 60000, 59.94), '00:01:00;04');
  });

  it('null for other forms', () => assert.equal(laterTimecode('noon', 1, 25), null));
});
