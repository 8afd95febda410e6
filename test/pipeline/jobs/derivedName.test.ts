import assert from 'node:assert/strict';
import { derivedName } from '../../../src/pipeline/jobs/derivedName';

describe('derivedName', () => {
  const folderOf = (name: string): string => derivedName(name, { before: '.', after: '.remaster' });
  const bytes = (name: string): number => Buffer.byteLength(name);

  it('a name that fits is kept', () => {
    assert.equal(folderOf('out.mkv'), '.out.mkv.remaster');
    const longest = 'x'.repeat(245);
    assert.equal(folderOf(longest), `.${longest}.remaster`);
    assert.equal(derivedName('out', { after: '.partial', extension: '.mkv' }), 'out.partial.mkv');
  });

  it('a longer one is shortened to 255 bytes, to whole characters', () => {
    for (const letter of ['x', 'é', '€', '😀']) {
      for (let size = 246; size <= 255; size++) {
        const name = letter.repeat(Math.floor(size / bytes(letter))).padStart(size - bytes(letter), 'a');
        const folder = folderOf(name.padStart(246, 'b'));
        assert.ok(bytes(folder) <= 255 && bytes(folder) > 255 - bytes(letter), folder);
        assert.equal(Buffer.from(folder).toString(), folder);
        assert.doesNotMatch(folder, /\ufffd/);
      }
    }
    const partial = derivedName('x'.repeat(251), { after: '.partial', extension: '.mkv' });
    assert.match(partial, /^x+\.partial\.[0-9a-f]{32}\.mkv$/);
    assert.equal(bytes(partial), 255);
  });

  it('no two names give the same', () => {
    const [first, second] = [`${'x'.repeat(250)}1`, `${'x'.repeat(250)}2`];
    assert.notEqual(folderOf(first), folderOf(second));
    // Not even a short one whose name is made for it.
    const taken = folderOf(first);
    const short = taken.slice(1, -'.remaster'.length);
    assert.notEqual(folderOf(short), taken);
    assert.doesNotMatch(taken, /\.remaster$/);
  });
});
