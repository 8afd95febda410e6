import assert from 'node:assert/strict';
import { NewestTiles } from '../../../src/pipeline/frames/newestTiles';
import { tileLayout } from '../../../src/pipeline/frames/tileLayout';
import type { Frame } from '../../../src/pipeline/media/frame';

const INFO = { multiple: 1, scale: 2, tile: { wholeUpTo: 0, size: 8, overlap: 2 } };
const [WIDTH, HEIGHT] = [20, 8];

describe('newestTiles', () => {
  const layout = tileLayout(INFO, WIDTH, HEIGHT, 8);
  const count = layout.grid.tiles.length;
  const frame: Frame = { index: 7, pts: 70, scene: 60, width: WIDTH, height: HEIGHT, depth: 8, data: new Uint8Array() };
  const tile = (level: number): Uint8Array => new Uint8Array(16 * 16 * 3).fill(level);
  const all = (level: number) => new Map(Array.from({ length: count }, (_, k) => [k, tile(level)] as const));

  it('blends tiles to a frame of the enlarged size', () => {
    const { data, ...facts } = new NewestTiles(layout, false).blend(frame, all(5));
    assert.deepEqual(facts, { index: 7, pts: 70, scene: 60, depth: 8, width: 2 * WIDTH, height: 2 * HEIGHT });
    assert.deepEqual(data, new Uint8Array(2 * WIDTH * 2 * HEIGHT * 3).fill(5));
  });

  it('a frame with few new tiles equals one of which all are new', () => {
    const kept = new NewestTiles(layout, true);
    kept.blend(frame, all(5));
    const changed = kept.blend(frame, new Map([[1, tile(200)]]));
    const whole = new NewestTiles(layout, false).blend(frame, new Map([...all(5), [1, tile(200)]]));
    assert.ok(count > 2);
    assert.deepEqual(changed.data, whole.data);
  });

  it('a frame without new tiles is the one before', () => {
    const kept = new NewestTiles(layout, true);
    const { data } = kept.blend(frame, all(5));
    assert.equal(kept.blend(frame, new Map()).data, data);
  });
});
