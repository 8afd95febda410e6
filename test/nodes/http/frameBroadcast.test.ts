import assert from 'node:assert/strict';
import { FrameBroadcast } from '../../../nodes/http/frameBroadcast';
import type { Viewer } from '../../../nodes/http/viewers';
import type { LiveJpeg } from '../../../src/settings/liveJob';

describe('a frame broadcast', () => {
  const jpeg = (index: number): LiveJpeg => ({
    data: Buffer.alloc(4),
    width: 1,
    height: 1,
    index,
    time: 0,
    latency: 0,
  });
  /** A viewer that is ready again at once, or only after `ready`. */
  const viewer = (isFast: boolean): Viewer & { readonly seen: number[] } => {
    const seen: number[] = [];
    return { seen, show: ({ index }) => (seen.push(index), isFast), end() {}, drop() {} };
  };

  it('requests no frame without viewers, and one frame at a time', async () => {
    const requests: number[] = [];
    const broadcast = new FrameBroadcast((after) => requests.push(after));
    const fast = viewer(true);
    assert.deepEqual(requests, []);
    broadcast.add(fast);
    assert.deepEqual(requests, [-1]);
    broadcast.show(jpeg(5));
    assert.deepEqual([requests, fast.seen], [[-1, 5], [5]]);
    broadcast.remove(fast);
    broadcast.show(jpeg(6));
    assert.deepEqual(requests, [-1, 5]);
    const next = broadcast.next(1000);
    assert.deepEqual(requests, [-1, 5, 6]);
    broadcast.show(jpeg(7));
    assert.equal((await next).index, 7);
  });

  it('sends a slow viewer the newest frame once it is ready, and every frame to the others', () => {
    const broadcast = new FrameBroadcast(() => {});
    const [fast, slow] = [viewer(true), viewer(false)];
    broadcast.add(fast);
    broadcast.add(slow);
    for (const n of [1, 2, 3, 4]) broadcast.show(jpeg(n));
    assert.deepEqual([fast.seen, slow.seen], [[1, 2, 3, 4], [1]]);
    broadcast.ready(slow);
    assert.deepEqual(slow.seen, [1, 4]);
    broadcast.ready(slow);
    assert.deepEqual(slow.seen, [1, 4]);
  });

  it('rejects if no frame arrives in time', async () => {
    await assert.rejects(new FrameBroadcast(() => {}).next(20), /no frame arrived/);
  });

  it('rejects if no frame can be requested, and when it is closed', async () => {
    const broken = new FrameBroadcast(() => {
      throw new ReferenceError('too early');
    });
    await assert.rejects(broken.next(60_000), /too early/);
    const closed = new FrameBroadcast(() => {});
    const next = closed.next(60_000);
    closed.close();
    await assert.rejects(next, /no frame arrived/);
  });
});
