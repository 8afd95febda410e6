import assert from 'node:assert/strict';
import { singleFlight } from '../../src/async/singleFlight';

describe('singleFlight', () => {
  it('calls made while the work runs share its result; the next call starts it again', async () => {
    let runs = 0;
    let finish: (value: number) => void = () => {};
    const call = singleFlight(() => {
      runs++;
      return new Promise<number>((resolve) => (finish = resolve));
    });
    const both = [call(), call()];
    finish(1);
    assert.deepEqual(await Promise.all(both), [1, 1]);
    const third = call();
    finish(2);
    assert.deepEqual([await third, runs], [2, 2]);
  });

  it('every caller gets the error, and the next call tries again', async () => {
    let runs = 0;
    const call = singleFlight(() => Promise.reject(new Error(`failed ${++runs}`)));
    const results = await Promise.allSettled([call(), call()]);
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'fulfilled')),
      ['Error: failed 1', 'Error: failed 1'],
    );
    await assert.rejects(call(), /failed 2/);
  });
});
