import assert from 'node:assert/strict';
import { FrameBroadcast, type Viewer } from '../../../nodes/http/frameBroadcast';
import type { LiveJpeg } from '../../../src/settings/liveJob';

describe('a gallery', () => {
  const picture = (index: number): LiveJpeg => ({
    data: Buffer.alloc(4),
    width: 1,
    height: 1,
    index,
    time: 0,
    latency: 0,
  });
  /** A viewer that is through with a picture at once, or only when it says so. */
  const viewer = (isQuick: boolean): Viewer & { readonly seen: number[] } => {
    const seen: number[] = [];
    return { seen, show: ({ index }) => (seen.push(index), isQuick), end() {} };
  };

  it('asks for nothing while nobody looks, and for one picture at a time', async () => {
    const asked: number[] = [];
    const gallery = new FrameBroadcast((after) => asked.push(after));
    const quick = viewer(true);
    assert.deepEqual(asked, []);
    gallery.add(quick);
    assert.deepEqual(asked, [-1]);
    gallery.show(picture(5));
    assert.deepEqual([asked, quick.seen], [[-1, 5], [5]]);
    gallery.remove(quick);
    gallery.show(picture(6));
    assert.deepEqual(asked, [-1, 5]);
    const next = gallery.next(1000);
    assert.deepEqual(asked, [-1, 5, 6]);
    gallery.show(picture(7));
    assert.equal((await next).index, 7);
  });

  it('shows a slow viewer the newest when it is ready, and the others everything', () => {
    const gallery = new FrameBroadcast(() => {});
    const [quick, slow] = [viewer(true), viewer(false)];
    gallery.add(quick);
    gallery.add(slow);
    for (const n of [1, 2, 3, 4]) gallery.show(picture(n));
    assert.deepEqual([quick.seen, slow.seen], [[1, 2, 3, 4], [1]]);
    gallery.ready(slow);
    assert.deepEqual(slow.seen, [1, 4]);
    gallery.ready(slow);
    assert.deepEqual(slow.seen, [1, 4]);
  });

  it('gives up on a picture that does not come', async () => {
    await assert.rejects(new FrameBroadcast(() => {}).next(20), /no picture/);
  });
});
