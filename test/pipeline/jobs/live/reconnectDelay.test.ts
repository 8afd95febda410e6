import assert from 'node:assert/strict';
import { reconnectDelay } from '../../../../src/pipeline/jobs/live/reconnectDelay';

describe('reconnectDelay', () => {
  const input = { kind: 'pattern', size: '64x36', rate: 1 } as const;
  const delay = reconnectDelay({ input, label: 'pattern', retryMin: 1, retryMax: 10, stall: 5 });

  it('doubles up to the longest delay', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 50].map((attempt) => delay(attempt, 'NO_SIGNAL')),
      [1, 2, 4, 8, 10, 10],
    );
  });

  it('is at least 30 seconds after a rejected password', () => assert.equal(delay(1, 'AUTH_FAILED'), 30));
});
