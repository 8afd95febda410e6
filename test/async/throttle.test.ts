import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Throttle } from '../../src/async/throttle';

describe('throttle', () => {
  it('passes the first value at once, then the latest once a second, and a final value at once', async () => {
    const passed: string[] = [];
    const pace = new Throttle<string>((value) => passed.push(value));
    for (const value of ['a', 'b', 'c']) pace.push(value);
    assert.deepEqual(passed, ['a']);
    await sleep(1050);
    assert.deepEqual(passed, ['a', 'c']);
    pace.push('d');
    pace.final('end');
    assert.deepEqual(passed, ['a', 'c', 'end']);
    await sleep(1050);
    assert.deepEqual(passed, ['a', 'c', 'end']);
  });

  it('passes nothing after close', async () => {
    const passed: string[] = [];
    const pace = new Throttle<string>((value) => passed.push(value));
    for (const value of ['a', 'b']) pace.push(value);
    pace.close();
    pace.final('c');
    await sleep(1050);
    assert.deepEqual(passed, ['a']);
  });
});
