import assert from 'node:assert/strict';
import type { Manifest } from '../../../src/model/bundle/manifest';
import { shapesOf } from '../../../src/model/compiler/fusedShapes';

const GRID = { scale: 4, grid: { factor: 8, channels: 5 } };

describe('fusedShapes', () => {
  it('names the dimensions that vary', () => {
    const manifest = { ...GRID, tile: { fixed: false } } as unknown as Manifest;
    assert.deepEqual(shapesOf({ manifest }, null, false), {
      frames: ['n', 'h', 'w', 3],
      mask: ['n', 1, 'h', 'w'],
      noise: ['b', 5, 'h·4/8', 'w·4/8'],
      result: ['n', 'h·4', 'w·4', 3],
    });
    assert.deepEqual(shapesOf({ manifest }, 2, true).result, ['n', '2·h·4', 'w·4', 3]);
  });

  it('says those that are fixed', () => {
    const manifest = { ...GRID, tile: { fixed: true, size: 64 } } as unknown as Manifest;
    assert.deepEqual(shapesOf({ manifest }, 1, false), {
      frames: [1, 64, 64, 3],
      mask: [1, 1, 64, 64],
      noise: [1, 5, 32, 32],
      result: [1, 256, 256, 3],
    });
  });
});
