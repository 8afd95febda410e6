import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readMask } from '../../../../src/pipeline/frames/inpaint/readMask';
import { probe } from '../../../../src/pipeline/media/probe';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('readMask', () => {
  const path = join(scratchFolder(), 'mask.mkv');
  const { signal } = new AbortController();
  before(() => ff(...moving('64x36', '25', 5), '-c:v', 'ffv1', path));

  it('a mask that ends before the part of the video is not called empty', async () => {
    const program = await binary();
    const mask = await probe(program, path, signal, 25);
    await using masks = readMask(program, mask, mask, { from: 3, growBy: 0 }, signal);
    await assert.rejects(masks.at(3), { code: 'MASK_INVALID', message: /ends before 3\.000 s, before the video\.$/ });
  });
});
