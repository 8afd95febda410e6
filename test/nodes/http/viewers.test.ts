import assert from 'node:assert/strict';
import { type Viewer, Viewers } from '../../../nodes/http/viewers';
import type { LiveJpeg } from '../../../src/settings/liveJob';

const jpeg = (index: number): LiveJpeg => ({
  ...{ data: Buffer.alloc(4), width: 1, height: 1, index, time: 0, latency: 0 },
});
const viewer = (isFast: boolean): Viewer & { readonly seen: (number | 'end')[] } => {
  const seen: (number | 'end')[] = [];
  return { seen, show: ({ index }) => (seen.push(index), isFast), end: () => void seen.push('end') };
};

describe('the viewers of a camera', () => {
  it('get the newest JPEG when they come', () => {
    const viewers = new Viewers();
    const [early, late] = [viewer(true), viewer(true)];
    viewers.add(early, null);
    viewers.show(jpeg(1));
    viewers.add(late, jpeg(1));
    assert.deepEqual([early.seen, late.seen], [[1], [1]]);
  });

  it('skip JPEGs while they are busy, and never see one twice', () => {
    const viewers = new Viewers();
    const slow = viewer(false);
    viewers.add(slow, null);
    assert.equal(viewers.isOneFree, true);
    viewers.show(jpeg(1));
    assert.equal(viewers.isOneFree, false);
    viewers.show(jpeg(2));
    assert.equal(viewers.ready(slow, jpeg(2)), true);
    viewers.show(jpeg(3));
    assert.deepEqual(slow.seen, [1, 2]);
    const last = jpeg(4);
    viewers.ready(slow, last);
    viewers.ready(slow, last);
    assert.deepEqual([slow.seen, viewers.isOneFree], [[1, 2, 4], true]);
    assert.equal(viewers.ready(slow, last), false);
  });

  it('are at most 64, and all end together', () => {
    const viewers = new Viewers();
    const all = Array.from({ length: 64 }, () => viewer(true));
    for (const one of all) {
      assert.equal(viewers.isFull, false);
      viewers.add(one, null);
    }
    assert.equal(viewers.isFull, true);
    viewers.remove(all[0]!);
    assert.equal(viewers.isFull, false);
    viewers.end();
    viewers.show(jpeg(1));
    assert.deepEqual([all[0]!.seen, all[1]!.seen, viewers.ready(all[1]!, null)], [[], ['end'], false]);
  });
});
