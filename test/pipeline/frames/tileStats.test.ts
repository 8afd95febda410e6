import assert from 'node:assert/strict';
import { TileStats } from '../../../src/pipeline/frames/tileStats';

describe('tileStats', () => {
  it('tells which share was not inferred, and how much longer all would have taken', () => {
    const stats = new TileStats();
    stats.saw(4, 4);
    stats.inferred(0, 80, 4);
    stats.took(0, 100);
    assert.deepEqual([stats.tileMs, stats.cacheStats], [20, { share: 0, speedup: 1 }]);
    stats.saw(4, 0);
    stats.took(200, 220);
    assert.deepEqual(stats.cacheStats, { share: 0.5, speedup: 200 / 120 });
  });

  it('has no numbers before the first tile', () => {
    assert.deepEqual([new TileStats().tileMs, new TileStats().cacheStats], [null, { share: 0, speedup: 1 }]);
  });
});
