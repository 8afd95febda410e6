import assert from 'node:assert/strict';
import { JobQueue } from '../../../src/engine/process/jobQueue';

describe('jobQueue', () => {
  /** Jobs that end when the test calls `end`. */
  function queueOf(limits: readonly number[]) {
    const ends: (() => void)[] = [];
    const positions: Record<string, number> = {};
    const started: string[] = [];
    const queue = new JobQueue((id, position) => (positions[id] = position));
    limits.forEach((maxConcurrent, i) =>
      queue.add(String(i), maxConcurrent, () => {
        started.push(String(i));
        return new Promise<void>((resolve) => (ends[i] = resolve));
      }),
    );
    const end = async (i: number): Promise<void> => {
      ends[i]!();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { queue, positions, started, end };
  }

  it('runs one job at a time and reports positions', async () => {
    const { queue, positions, started, end } = queueOf([1, 1, 1]);
    assert.deepEqual(started, ['0']);
    assert.deepEqual(positions, { 0: 0, 1: 1, 2: 2 });
    await end(0);
    assert.deepEqual(started, ['0', '1']);
    assert.deepEqual([positions['1'], positions['2'], queue.length], [0, 1, 2]);
    assert.equal(queue.remove('2'), true);
    assert.equal(queue.remove('1'), false);
    await end(1);
    assert.equal(queue.length, 0);
  });

  it('runs as many jobs as the next one allows, in order', async () => {
    const { positions, started, end } = queueOf([2, 2, 1, 2]);
    assert.deepEqual(started, ['0', '1']);
    assert.deepEqual(positions, { 0: 0, 1: 0, 2: 1, 3: 2 });
    await end(1);
    assert.deepEqual(started, ['0', '1']); // the third allows no other job, and the fourth waits for it
    await end(0);
    assert.deepEqual(started, ['0', '1', '2', '3']);
  });
});
