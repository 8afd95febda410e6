import assert from 'node:assert/strict';
import { FairScheduler } from '../../../../src/pipeline/jobs/live/fairScheduler';

const never = new AbortController().signal;

describe('FairScheduler', () => {
  /** Runs `rounds` slots for clients that always wait for one, with the given costs in milliseconds. Returns the time each got. */
  async function share(costs: readonly number[], rounds: number): Promise<number[]> {
    const turns = new FairScheduler();
    const used = costs.map(() => 0);
    let left = rounds;
    await Promise.all(
      costs.map(async (cost, i) => {
        const seat = turns.register();
        while (left-- > 0) {
          const { release } = await seat.acquire(never);
          used[i]! += cost;
          await Promise.resolve();
          release(cost);
        }
        seat.unregister();
      }),
    );
    return used;
  }

  it('a single client gets all slots', async () => assert.deepEqual(await share([7], 10), [70]));

  it('eight equal clients get equal numbers of slots', async () => {
    assert.deepEqual(
      await share(
        Array.from({ length: 8 }, () => 50),
        80,
      ),
      Array.from({ length: 8 }, () => 500),
    );
  });

  it('clients with a higher cost get fewer slots, so that time is shared evenly', async () => {
    const used = await share([10, 40, 160], 400);
    const [least, most] = [Math.min(...used), Math.max(...used)];
    assert.ok(most - least <= 320, used.join());
  });

  it('an idle client cannot bank time: after 100 rounds away it gets at most its normal share', async () => {
    const turns = new FairScheduler();
    const [late, busy] = [turns.register(), turns.register()];
    for (let i = 0; i < 100; i++) (await busy.acquire(never)).release(50);
    const order: string[] = [];
    const want = async (name: string, seat: typeof late, times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        const { release } = await seat.acquire(never);
        order.push(name);
        await Promise.resolve();
        release(50);
      }
    };
    await Promise.all([want('busy', busy, 6), want('late', late, 6)]);
    assert.ok(order.slice(0, 5).includes('busy'), order.join());
  });

  it('a client aborted while waiting gives way to the next', async () => {
    const turns = new FairScheduler();
    const [a, b, c] = [turns.register(), turns.register(), turns.register()];
    const { release } = await a.acquire(never);
    const stop = new AbortController();
    const stopped = b.acquire(stop.signal);
    const next = c.acquire(never);
    stop.abort(new Error('enough'));
    await assert.rejects(stopped, /enough/);
    release(1);
    (await next).release(1);
  });

  it('clients of one kind share a slot within their limits, and each pays its part', async () => {
    const turns = new FairScheduler();
    const seats = Array.from({ length: 6 }, () => turns.register());
    const wish = { kind: 'a', most: 3, cost: 40, limit: 250 };
    const holder = await seats[0]!.acquire(never);
    const sizes: number[] = [];
    const all = [wish, wish, { ...wish, kind: 'b' }, { ...wish, cost: 240 }, { ...wish, limit: 60 }].map(
      async (each, i) => {
        const turn = await seats[i + 1]!.acquire(never, each);
        sizes[i] = turn.size;
        assert.equal(turn.expected, turn.size === 2 ? 80 : each.cost);
        turn.release(each.cost);
      },
    );
    holder.release(40);
    await Promise.all(all);
    assert.deepEqual(sizes, [2, 2, 1, 1, 1]);
  });

  it('stays fair between clients that share slots and clients that do not', async () => {
    const turns = new FairScheduler();
    const used = [0, 0, 0, 0];
    let left = 600;
    await Promise.all(
      used.map(async (_, i) => {
        const seat = turns.register();
        const wish = { kind: i < 3 ? 'a' : null, most: 4, cost: 40, limit: 1000 };
        while (left-- > 0) {
          const { release, size } = await seat.acquire(never, wish);
          const cost = size > 1 ? 20 : 40; // a shared slot is faster
          used[i]! += cost;
          await Promise.resolve();
          release(cost);
        }
        seat.unregister();
      }),
    );
    const [least, most] = [Math.min(...used), Math.max(...used)];
    assert.ok(most - least <= 120, used.join());
  });
});
