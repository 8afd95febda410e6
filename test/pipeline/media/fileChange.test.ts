import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { applyChange, replaceParts } from '../../../src/pipeline/media/fileChange';
import { scratchFolder } from '../../support/videos';

describe('fileChange', () => {
  const folder = scratchFolder();

  it('replaces several parts of a file larger than one chunk, and moves the rest', async () => {
    const path = join(folder, 'large');
    const old = Buffer.from(Array.from({ length: 10_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));
    writeFileSync(path, old);
    const [first, second, last] = ['wide and long', 'same', 'end'].map((text) => Buffer.from(text));
    const parts = [
      { start: 9_000_001, end: 9_000_002, bytes: last! },
      { start: 100, end: 105, bytes: first! },
      { start: 200, end: 204, bytes: second! },
    ];
    const { change, newPlace } = replaceParts(parts, old.length);
    assert.deepEqual([0, 100, 105, 9_000_001, old.length].map(newPlace), [0, 100, 113, 9_000_009, old.length + 10]);
    await using file = await open(path, 'r+');
    await applyChange(file, change);
    const expected = [
      old.subarray(0, 100),
      first!,
      old.subarray(105, 200),
      second!,
      old.subarray(204, 9_000_001),
      last!,
    ];
    assert.ok(readFileSync(path).equals(Buffer.concat([...expected, old.subarray(9_000_002)])));
  });

  it('refuses a part that becomes shorter', () => {
    assert.throws(() => replaceParts([{ start: 3, end: 9, bytes: Buffer.alloc(5) }], 20), /shorter/);
  });
});
