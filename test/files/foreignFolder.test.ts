import assert from 'node:assert/strict';
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { whyForeign } from '../../src/files/foreignFolder';
import { scratchFolder } from '../support/videos';

describe('whyForeign', () => {
  const scratch = scratchFolder();
  const { lstat } = fs;
  const { getuid } = process;
  let folder = '';
  beforeEach(() => mkdirSync((folder = join(scratch, `folder ${performance.now()}`))));
  afterEach(() => {
    Object.assign(fs, { lstat });
    Object.assign(process, { getuid });
  });

  /** Makes files appear as those of this user, and this process run as that one. */
  function users(owner: number, ownerOfNew: number, own: number): void {
    process.getuid = () => own;
    Object.assign(fs, {
      lstat: async (path: string) => Object.assign(await lstat(path), { uid: path === folder ? owner : ownerOfNew }),
    });
  }

  it('a folder of this user is not foreign; a link and a file are', async () => {
    assert.equal(await whyForeign(folder), null);
    symlinkSync(folder, join(scratch, 'link'));
    assert.equal(await whyForeign(join(scratch, 'link')), 'is a link to another place');
    writeFileSync(join(scratch, 'file'), '');
    assert.equal(await whyForeign(join(scratch, 'file')), 'is not a folder');
    await assert.rejects(whyForeign(join(scratch, 'none')), { code: 'ENOENT' });
  });

  it('a folder of another user is foreign', async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can give a folder away
    chownSync(folder, 4711, 4711);
    assert.equal(await whyForeign(folder), 'belongs to another user (number 4711)');
  });

  for (const [words, owner, ownerOfNew, own, why] of [
    ['root is trusted', 0, 1000, 1000, null],
    ['another user is not, not even by root', 1000, 0, 0, 'belongs to another user (number 1000)'],
    ['a file system whose files are all of one user says nothing', 65_534, 65_534, 0, null],
  ] as const) {
    it(words, async function () {
      if (!getuid) this.skip(); // Windows has no numbers of users
      users(owner, ownerOfNew, own);
      assert.equal(await whyForeign(folder), why);
      assert.deepEqual(await fs.readdir(folder), []);
    });
  }

  it('leaves nothing beside it', async () => {
    if (getuid) users(1000, 0, 0);
    await whyForeign(folder);
    assert.ok((await fs.readdir(scratch)).every((name) => !name.startsWith('.remaster-')));
  });
});
