import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Throttle } from '../../src/async/throttle';

describe('throttle', () => {
  let passed: string[];
  let throttle: Throttle<string>;
  beforeEach(() => {
    passed = [];
    throttle = new Throttle<string>((value) => passed.push(value), 200);
  });
  afterEach(() => throttle.close());

  it('passes the first value at once, then the latest of each interval, and a final value at once', async () => {
    for (const value of ['a', 'b', 'c']) throttle.push(value);
    assert.deepEqual(passed, ['a']);
    await sleep(250);
    assert.deepEqual(passed, ['a', 'c']);
    throttle.push('d');
    throttle.final('end');
    assert.deepEqual(passed, ['a', 'c', 'end']);
    await sleep(250);
    assert.deepEqual(passed, ['a', 'c', 'end']);
  });

  it('has an interval of one second unless told', async () => {
    const pace = new Throttle<string>((value) => passed.push(value));
    for (const value of ['a', 'b']) pace.push(value);
    await sleep(300);
    assert.deepEqual(passed, ['a']);
    await sleep(750);
    assert.deepEqual(passed, ['a', 'b']);
  });

  it('passes a value of another kind at once, and the latest of the same kind later', async () => {
    throttle.push('a', 'loading');
    throttle.push('b', 'loading');
    throttle.push('c', 'restoring');
    throttle.push('d', 'restoring');
    throttle.push('e', 'restoring');
    assert.deepEqual(passed, ['a', 'c']);
    await sleep(250);
    assert.deepEqual(passed, ['a', 'c', 'e']);
  });

  it('flushes a waiting value, once', async () => {
    throttle.flush();
    assert.deepEqual(passed, []);
    for (const value of ['a', 'b']) throttle.push(value);
    throttle.flush();
    throttle.flush();
    assert.deepEqual(passed, ['a', 'b']);
    await sleep(250);
    assert.deepEqual(passed, ['a', 'b']);
  });

  it('passes nothing after close', async () => {
    for (const value of ['a', 'b']) throttle.push(value);
    throttle.close();
    throttle.final('c');
    throttle.flush();
    await sleep(250);
    assert.deepEqual(passed, ['a']);
  });

  it('neither passes a value after close nor waits with one', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    throttle.push('a');
    throttle.close();
    const before = timers();
    throttle.push('b');
    throttle.push('c', 'another kind');
    assert.deepEqual([passed, timers()], [['a'], before]);
  });
});
