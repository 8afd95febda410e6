import assert from 'node:assert/strict';
import { type Viewer, Viewers } from '../../../nodes/http/viewers';
import type { LiveJpeg } from '../../../src/settings/liveJob';

const jpeg = (index: number): LiveJpeg => ({
  ...{ data: Buffer.alloc(4), width: 1, height: 1, index, time: 0, latency: 0 },
});
type Seen = number | 'end' | 'drop';
const viewer = (isFast: boolean): Viewer & { readonly seen: Seen[] } => {
  const seen: Seen[] = [];
  const [end, drop] = (['end', 'drop'] as const).map((word) => () => void seen.push(word));
  return { seen, show: ({ index }) => (seen.push(index), isFast), end: end!, drop: drop! };
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

  it('are at most 64: another takes the place of the one that is busy with the oldest JPEG', () => {
    const viewers = new Viewers();
    const [reads, silent, sleepy] = [viewer(true), viewer(false), viewer(false)];
    for (const one of [reads, sleepy, silent]) viewers.add(one, null);
    viewers.show(jpeg(1));
    viewers.ready(sleepy, null);
    viewers.show(jpeg(2));
    for (let i = 3; i < 64; i++) viewers.add(viewer(true), null);
    assert.deepEqual(silent.seen, [1]);
    viewers.add(viewer(true), null);
    assert.deepEqual(
      [reads.seen, silent.seen, sleepy.seen],
      [
        [1, 2],
        [1, 'drop'],
        [1, 2],
      ],
    );
    viewers.show(jpeg(3));
    assert.deepEqual(
      [reads.seen, silent.seen],
      [
        [1, 2, 3],
        [1, 'drop'],
      ],
    );
  });

  it('of 64 that all read, the first makes room; all end together', () => {
    const viewers = new Viewers();
    const all = Array.from({ length: 66 }, () => viewer(true));
    for (const one of all.slice(0, 64)) viewers.add(one, null);
    assert.deepEqual(all[0]!.seen, []);
    viewers.add(all[64]!, jpeg(1));
    assert.deepEqual([all[0]!.seen, all[1]!.seen, all[64]!.seen], [['drop'], [], [1]]);
    viewers.remove(all[1]!);
    viewers.add(all[65]!, null);
    assert.deepEqual(all[2]!.seen, []);
    viewers.end();
    viewers.show(jpeg(1));
    assert.deepEqual(
      [all[1]!.seen, all[2]!.seen, all[64]!.seen, viewers.ready(all[2]!, null)],
      [[], ['end'], [1, 'end'], false],
    );
  });
});
