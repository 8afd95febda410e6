import assert from 'node:assert/strict';
import { type NoiseInputSettings, noiseInputs } from '../../../src/model/inference/noiseInputs';
import type { TileKey } from '../../../src/model/model';
import { noiseField } from '../../../src/sampler/noise';

const SETTINGS: NoiseInputSettings = {
  mode: 'shared',
  seed: 3,
  draws: [0, 2],
  density: 4,
  channels: 3,
  maxCacheBytes: 1e6,
};
const key = (changes: Partial<TileKey> = {}): TileKey => ({ x: 8, y: -4, scene: 5, frame: 6, ...changes });

describe('noiseInputs', () => {
  it('reads the noise field at the position of the tile', () => {
    const { batch, width, height, data } = noiseInputs(SETTINGS)([key()], 5, 3);
    assert.deepEqual([batch, width, height, data.length], [1, 20, 12, 2]);
    const expected = new Float32Array(3 * 12 * 20);
    const region = { x: 32, y: -16, width: 20, height: 12, channels: 3 };
    noiseField({ mode: 'shared', seed: 3 }).fill(expected, { scene: 5, frame: 6 }, 2, region);
    assert.deepEqual(data[1], expected);
  });

  it('uses one array for tiles at the same position of a shot', () => {
    const inputs = noiseInputs(SETTINGS);
    assert.equal(inputs([key(), key({ frame: 7 }), key({ frame: 8 })], 2, 2).batch, 1);
    assert.equal(inputs([key(), key({ x: 12 })], 2, 2).batch, 2);
    assert.equal(inputs([key(), key({ scene: 6 })], 2, 2).batch, 2);
    assert.equal(noiseInputs({ ...SETTINGS, mode: 'independent' })([key(), key()], 2, 2).batch, 2);
    assert.equal(noiseInputs({ ...SETTINGS, mode: 'mixed' })([key(), key({ frame: 7 })], 2, 2).batch, 2);
  });

  it('concatenates the noise of the tiles', () => {
    for (const mode of ['shared', 'independent', 'mixed'] as const) {
      const inputs = noiseInputs({ ...SETTINGS, mode });
      const keys = [key(), key({ x: 0, scene: 9, frame: 9 }), key({ frame: 11 })];
      const together = inputs(keys, 3, 2);
      for (const [i] of SETTINGS.draws.entries()) {
        const alone = keys.map((one) => [...inputs([one], 3, 2).data[i]!]);
        assert.deepEqual([...together.data[i]!], alone.flat());
      }
    }
  });

  it('caches noise for the next frame, within the limit', () => {
    const bytes = 2 * 4 * 3 * 8 * 8;
    const inputs = noiseInputs({ ...SETTINGS, maxCacheBytes: bytes });
    const first = inputs([key()], 2, 2).data[0];
    assert.equal(inputs([key({ frame: 9 })], 2, 2).data[0], first, 'kept');
    const other = inputs([key({ x: 0 })], 2, 2).data[0];
    assert.notEqual(inputs([key({ x: 0 })], 2, 2).data[0], other, 'no room beside the first');
    assert.equal(inputs([key()], 2, 2).data[0], first, 'still kept');
    const cut = inputs([key({ scene: 8 })], 2, 2).data[0];
    assert.equal(inputs([key({ scene: 8 })], 2, 2).data[0], cut, 'a new shot takes the place of the old one');
    assert.notEqual(inputs([key()], 2, 2).data[0], first, 'which is gone');
  });

  it('returns nothing for a plan without noise', () => {
    assert.deepEqual(noiseInputs({ ...SETTINGS, draws: [] })([key(), key()], 2, 2).data, []);
  });

  it('supports grid points larger than a source pixel', () => {
    const { width, height } = noiseInputs({ ...SETTINGS, density: 0.5 })([key({ x: 6 })], 4, 2);
    assert.deepEqual([width, height], [2, 1]);
  });
});
