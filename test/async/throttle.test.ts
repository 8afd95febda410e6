import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Throttle, throttleByKind } from '../../src/async/throttle';

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

  it('of each kind passes one value at a time, and a change of kind at once', async () => {
    const passed: string[] = [];
    const push = throttleByKind<string>(400, (value) => passed.push(value));
    push('a', 'loading');
    push('b', 'loading');
    push('c', 'restoring');
    push('d', 'restoring');
    assert.deepEqual(passed, ['a', 'c']);
    await sleep(420);
    push('e', 'restoring');
    assert.deepEqual(passed, ['a', 'c', 'e']);
  });

  it('passes no value at all after close', async () => {
    const passed: string[] = [];
    const pace = new Throttle<string>((value) => passed.push(value));
    pace.close();
    pace.push('a');
    await sleep(20);
    assert.deepEqual(passed, []);
  });
});
