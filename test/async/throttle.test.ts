import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Throttle } from '../../src/async/throttle';

describe('pace', () => {
  it('passes the first at once, then the newest once a second, and what is final without waiting', async () => {
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

  it('says nothing more once closed', async () => {
    const passed: string[] = [];
    const pace = new Throttle<string>((value) => passed.push(value));
    for (const value of ['a', 'b']) pace.push(value);
    pace.close();
    pace.final('c');
    await sleep(1050);
    assert.deepEqual(passed, ['a']);
  });
});
