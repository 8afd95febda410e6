import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expandGlob } from '../../src/batch/glob';
import { isMatch } from '../../src/batch/matchName';
import { scratchFolder } from '../support/videos';

describe('a pattern', () => {
  const folder = scratchFolder();
  const found = async (pattern: string): Promise<string[]> => {
    const { base, paths } = await expandGlob(join(folder, pattern));
    assert.ok(paths.every((path) => path.startsWith(base)));
    return paths.map((path) => relative(folder, path));
  };
  before(() => {
    for (const name of ['a.mov', 'b.mp4', '.hidden.mov', 'one/a.mov', 'one/two/c.mov', '.secret/d.mov']) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), '');
    }
    symlinkSync('..', join(folder, 'one', 'up'));
  });

  it('matches names, folders and alternatives, and hidden names only with their dot', async () => {
    assert.deepEqual(await found('*.mov'), ['a.mov']);
    assert.deepEqual(await found('.*.mov'), ['.hidden.mov']);
    assert.deepEqual(await found('*.{mov,mp4}'), ['a.mov', 'b.mp4']);
    assert.deepEqual(await found('o*/a.???'), ['one/a.mov']);
    assert.deepEqual(await found('[b-z]*'), ['b.mp4', 'one']);
    assert.deepEqual(await found('none/*'), []);
  });
  it('matches any number of folders, and ends where links lead in a circle', async () => {
    assert.deepEqual(await found('**/*.mov'), ['a.mov', 'one/a.mov', 'one/two/c.mov']);
    assert.deepEqual(await found('**/two/c.mov'), ['one/two/c.mov']);
  });
  it('takes letters for themselves, and time that grows with the length only', () => {
    assert.ok(isMatch('a.b', 'a.b') && !isMatch('axb', 'a.b') && isMatch('a]b', 'a[]]b') && isMatch('é', '?'));
    assert.ok(isMatch('xay', '[!a]a[^a]') && !isMatch('aay', '[!a]a*') && isMatch('[', '['));
    assert.ok(!isMatch('a'.repeat(250), `${'*a'.repeat(60)}*b`)); // with backtracking, longer than the universe
  });
  it('with too many alternatives is refused', async () => {
    await assert.rejects(expandGlob(`${'{a,b}'.repeat(12)}*`), { code: 'BAD_SETTING' });
  });
});
