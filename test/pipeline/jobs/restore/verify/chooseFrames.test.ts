import assert from 'node:assert/strict';
import { chooseFrames } from '../../../../../src/pipeline/jobs/restore/verify/chooseFrames';
import { ranges } from '../../../../../src/pipeline/jobs/restore/verify/ranges';
import { framesToMake } from '../../../../../src/pipeline/jobs/restore/verify/remakeFrames';
import type { JobRecord } from '../../../../../src/pipeline/jobs/restore/record/record';

const record = (frames: number) => ({ result: { frames } }) as JobRecord;

describe('the frames that are restored again', () => {
  it('are evenly spread, from the first to the last', () => {
    assert.deepEqual(chooseFrames(record(101), 3, true), [0, 50, 100]);
    assert.deepEqual(chooseFrames(record(3), 10, true), [0, 1, 2]);
    assert.deepEqual(chooseFrames(record(3), 1, true), [0]);
  });

  it('are those with a sample on another kind of machine', () => {
    assert.deepEqual(chooseFrames(record(120), 5, false), [0, 50, 100]);
    assert.deepEqual(chooseFrames(record(1000), 2, false), [0, 950]);
  });

  it('need the frames of their segment before them where differences are tolerated', () => {
    assert.deepEqual(framesToMake({ tileCache: 0, segment: 5 }, [3, 7]), [3, 7]);
    assert.deepEqual(framesToMake({ tileCache: null, segment: 5 }, [3, 7]), [3, 7]);
    assert.deepEqual(framesToMake({ tileCache: 2, segment: 5 }, [3, 7, 8]), [0, 1, 2, 3, 5, 6, 7, 8]);
  });

  it('are named in ranges', () => {
    assert.equal(ranges([3, 7, 8, 9, 12]), '3, 7 to 9, 12');
    assert.equal(ranges([1, 3, 5, 7, 9, 11, 13, 14]), '1, 3, 5, 7, 9 and 3 more');
  });
});
