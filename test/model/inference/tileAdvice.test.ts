import assert from 'node:assert/strict';
import { tileAdvice } from '../../../src/model/inference/tileAdvice';

describe('tileAdvice', () => {
  const tile = { wholeUpTo: 230_400, size: 256, overlap: 32 };

  it('follows the bundle on the CPU, and for graphs of a fixed size', () => {
    assert.deepEqual(tileAdvice({ tile }, 'cpu', 1), tile);
    const fixed = { ...tile, fixed: true };
    assert.deepEqual(tileAdvice({ tile: fixed }, 'cuda', 1), fixed);
  });

  it('takes frames as a whole on a GPU while they fit into 2 GiB', () => {
    assert.deepEqual(tileAdvice({ tile }, 'cuda', 2048), { ...tile, wholeUpTo: 2 ** 20 });
    assert.deepEqual(tileAdvice({ tile }, 'webgpu', 2 ** 20), tile); // never less than the bundle advises
  });
});
