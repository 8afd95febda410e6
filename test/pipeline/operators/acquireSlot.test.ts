import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { of, Subject } from 'rxjs';
import { BackpressureWindow } from '../../../src/async/backpressure';
import { acquireSlot } from '../../../src/pipeline/operators/acquireSlot';
import { all } from '../../support/frames';

describe('acquireSlot', () => {
  const slot = (released: number[], id: number) => ({ id, release: (cost: number) => void released.push(cost) });

  it('waits for a slot for each item, in order, inside the window', async () => {
    const window = new BackpressureWindow(2);
    let count = 0;
    const held: number[] = [];
    const acquire = async () => {
      held.push(window.alive);
      await nextTurn();
      return slot([], count++);
    };
    const result = await all(of('a', 'b').pipe(acquireSlot(acquire, window)));
    assert.deepEqual(
      result.map(({ item, slot: { id } }) => [item, id]),
      [
        ['a', 0],
        ['b', 1],
      ],
    );
    assert.deepEqual([held, window.alive], [[1, 1], 0]);
  });

  it('unsubscribing aborts the wait', async () => {
    let signal: AbortSignal | null = null;
    const source = new Subject<number>();
    const acquire = (asked: AbortSignal) => {
      signal = asked;
      return new Promise<ReturnType<typeof slot>>(() => {});
    };
    const subscription = source.pipe(acquireSlot(acquire, new BackpressureWindow(1))).subscribe();
    source.next(1);
    subscription.unsubscribe();
    assert.equal(signal!.aborted, true);
  });

  it('releases a slot that is granted after the end, which would block all cameras', async () => {
    const released: number[] = [];
    let grant: (granted: ReturnType<typeof slot>) => void = () => {};
    const acquire = () => new Promise<ReturnType<typeof slot>>((resolve) => (grant = resolve));
    const source = new Subject<number>();
    const subscription = source.pipe(acquireSlot(acquire, new BackpressureWindow(1))).subscribe();
    source.next(1);
    grant(slot(released, 0));
    subscription.unsubscribe(); // before the promise has told it
    await nextTurn();
    assert.deepEqual(released, [0]);
  });

  it('passes on an error of the scheduler', async () => {
    const acquire = () => Promise.reject(new Error('no model'));
    await assert.rejects(all(of(1).pipe(acquireSlot(acquire, new BackpressureWindow(1)))), /no model/);
  });
});
