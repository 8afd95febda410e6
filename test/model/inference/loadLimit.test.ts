import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLimit } from '../../../src/model/inference/loadLimit';
import { scratchFolder } from '../../support/videos';

describe('loadLimit', () => {
  const folder = scratchFolder();

  it('is 300 s for a small model, and 60 s more for each gigabyte', () => {
    writeFileSync(join(folder, 'model.json'), '{}');
    assert.ok(Math.abs(loadLimit(folder) - 300) < 1e-3);
    mkdirSync(join(folder, 'weights'));
    for (const name of ['a.onnx', 'weights/b.data']) {
      writeFileSync(join(folder, name), '');
      truncateSync(join(folder, name), 2.5e9); // sparse: it takes no disk
    }
    assert.ok(Math.abs(loadLimit(folder) - 600) < 1e-3);
    symlinkSync('nowhere', join(folder, 'link')); // as a cache of downloads leaves it
    assert.ok(Math.abs(loadLimit(folder) - 600) < 1e-3);
  });
});
