import assert from 'node:assert/strict';
import { deferred } from '../../src/async/deferred';
import { raceWith } from '../../src/async/raceWith';
import { mostReactions } from '../support/reactions';

describe('raceWith', () => {
  it('settles like the work, also when the end comes later', async () => {
    const end = deferred<never>();
    const race = raceWith(end.promise);
    assert.equal(await race(Promise.resolve(7)), 7);
    await assert.rejects(race(Promise.reject(new Error('it failed'))), /it failed/);
    end.reject(new Error('the end'));
  });

  it('rejects all that waits with the error of the end, and all that comes later', async () => {
    const end = deferred<never>();
    const race = raceWith(end.promise);
    const waiting = [race(new Promise<never>(() => {})), race(new Promise<never>(() => {}))];
    end.reject(new Error('the end'));
    for (const one of waiting) await assert.rejects(one, /the end/);
    await assert.rejects(race(new Promise<never>(() => {})), /the end/);
  });

  it('an end that is no error ends nothing', async () => {
    const race = raceWith(Promise.resolve());
    assert.equal(await race(new Promise((resolve) => setTimeout(resolve, 5, 7))), 7);
  });

  it('leaves nothing on the end, however often it is called', async () => {
    const end = new Promise<never>(() => {});
    const most = await mostReactions(async () => {
      const race = raceWith(end);
      for (let i = 0; i < 1000; i++) await race(Promise.resolve(i));
    });
    assert.ok(most < 5, `${most} on one promise`);
    const naive = await mostReactions(async () => {
      for (let i = 0; i < 1000; i++) await Promise.race([Promise.resolve(i), end]);
    });
    assert.ok(naive >= 1000, `the test sees them: ${naive}`);
  });

  it('100,000 calls keep no memory', async function () {
    this.timeout(20_000);
    const collect = await garbageCollector();
    const race = raceWith(new Promise<never>(() => {}));
    const calls = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i++) await race(Promise.resolve(i));
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await calls(1000);
    const grown = (await calls(100_000)) - before;
    assert.ok(grown < 5e6, `${grown} bytes more`); // 60 MB with Promise.race
  });
});

async function garbageCollector(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
