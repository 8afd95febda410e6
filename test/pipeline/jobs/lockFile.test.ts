import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { holderOf, lockFolders, lockHere, writeLock } from '../../support/locks';

const { link, rename } = fs;
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

describe('the file of a lock', () => {
  const newFolder = lockFolders();
  afterEach(() => void Object.assign(fs, { link, rename }));

  it('is never seen incomplete', async () => {
    const folder = newFolder();
    let links = 0;
    fs.link = async (from, to) => {
      links++;
      assert.ok(!readdirSync(folder).includes('lock'));
      await link(from, to);
      assert.equal(holderOf(folder).pid, process.pid);
    };
    await (await lockHere(folder)).release();
    assert.equal(links, 1);
  });

  for (const code of ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EISDIR']) {
    it(`is made without hard links (${code})`, async () => {
      const folder = newFolder();
      fs.link = failing(code);
      const lock = await lockHere(folder);
      await lock.assertHeld();
      assert.deepEqual(readdirSync(folder), ['lock']);
      await assert.rejects(lockHere(folder), { code: 'OUTPUT_BUSY' });
      await lock.release();
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('may become complete a little later where there are no hard links', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'lock'), '');
    const refused = assert.rejects(lockHere(folder), { code: 'OUTPUT_BUSY' });
    await sleep(300);
    await writeLock(folder, { token: 'slow' });
    await refused;
    assert.equal(holderOf(folder).token, 'slow');
  });

  it('is ours although NFS reports that there is one already', async () => {
    const folder = newFolder();
    fs.link = async (from, to) => {
      await link(from, to);
      await failing('EEXIST')();
    };
    const lock = await lockHere(folder);
    await lock.assertHeld();
    await lock.release();
  });

  for (const hasLinks of [true, false]) {
    it(`is put back if another process was faster (${hasLinks ? 'with' : 'without'} hard links)`, async () => {
      const folder = newFolder();
      await writeLock(folder, { start: 1 });
      if (!hasLinks) fs.link = failing('EPERM');
      fs.rename = async (from, to) => {
        fs.rename = rename;
        await writeLock(folder, { token: 'faster' });
        await rename(from, to);
      };
      await assert.rejects(lockHere(folder), { code: 'OUTPUT_BUSY' });
      assert.equal(holderOf(folder).token, 'faster');
      assert.deepEqual(readdirSync(folder), ['lock']);
    });
  }

  it('is not put back over the lock of a third process', async () => {
    const folder = newFolder();
    await writeLock(folder, { start: 1 });
    fs.rename = async (from, to) => {
      fs.rename = rename;
      await writeLock(folder, { token: 'faster' });
      await rename(from, to);
      await writeLock(folder, { token: 'third' });
    };
    await assert.rejects(lockHere(folder), { code: 'OUTPUT_BUSY' });
    assert.equal(holderOf(folder).token, 'third');
    assert.deepEqual(readdirSync(folder), ['lock']);
  });

  it('is checked again after it was made, because a third process may have displaced it', async () => {
    const folder = newFolder();
    fs.link = async (from, to) => {
      await link(from, to);
      setTimeout(() => {
        renameSync(to, `${String(to)}.moved`);
        void writeLock(folder, { token: 'third' });
      }, 20);
    };
    await assert.rejects(lockHere(folder), { code: 'OUTPUT_BUSY' });
    assert.equal(holderOf(folder).token, 'third');
  });

  it('is tried again when the holder has cleared the folder', async () => {
    const folder = newFolder();
    let links = 0;
    fs.link = async (from, to) => {
      if (links++ === 0) await fs.rm(from);
      await link(from, to);
    };
    await (await lockHere(folder)).release();
    assert.equal(links, 2);
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is not left on a full disk, nor anything else', async function () {
    const mount = newFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      return this.skip(); // mounting needs root
    }
    try {
      writeFileSync(join(mount, 'rest'), new Uint8Array(4096 * 3)); // space for the temporary file only
      fs.link = failing('EPERM');
      await assert.rejects(lockHere(mount), { code: 'ENOSPC' });
      assert.deepEqual(readdirSync(mount), ['rest']);
      fs.link = link;
      writeFileSync(join(mount, 'rest'), new Uint8Array(4096 * 4));
      await assert.rejects(lockHere(mount), { code: 'ENOSPC' });
      assert.deepEqual(readdirSync(mount), ['rest']);
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});
