import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { hasClaim, publishFile, removeClaim } from '../../../src/pipeline/jobs/publishFile';
import { withMount } from '../../support/mounts';
import { scratchFolder } from '../../support/videos';

describe('publishFile', () => {
  const root = scratchFolder();
  const [link, rename] = [fs.link, fs.rename];
  let count = 0;
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const publish = (overwrite = false): Promise<void> =>
    publishFile(at('work/new'), at('out.mkv'), { overwrite, folder: at('work') });
  const refuse = (code: string) => () => Promise.reject(Object.assign(new Error('no'), { code }));

  beforeEach(() => {
    folder = join(root, String(count++));
    mkdirSync(at('work'), { recursive: true });
    writeFileSync(at('work/new'), 'new');
  });
  afterEach(() => {
    fs.link = link;
    fs.rename = rename;
  });

  for (const [what, code] of [
    ['with hard links', null],
    ['without hard links', 'ENOTSUP'],
    ['without the right to link', 'EPERM'],
  ] as const) {
    it(`on a file system ${what}: never over an existing file, unless asked`, async () => {
      if (code !== null) fs.link = refuse(code);
      await publish();
      assert.equal(read('out.mkv'), 'new');
      for (const name of ['work/new', 'out.mkv']) rmSync(at(name), { force: true }); // one file with two names
      writeFileSync(at('work/new'), 'newer');
      writeFileSync(at('out.mkv'), '');
      await assert.rejects(publish(), { code: 'OUTPUT_EXISTS' });
      assert.equal(read('out.mkv'), ''); // an empty file belongs to a user, too
      writeFileSync(at('out.mkv'), 'theirs');
      await assert.rejects(publish(), { code: 'OUTPUT_EXISTS' });
      assert.deepEqual([read('out.mkv'), await hasClaim(at('work'))], ['theirs', false]);
      await publish(true);
      assert.equal(read('out.mkv'), 'newer');
    });
  }

  it('without hard links, a failure leaves no empty file', async () => {
    fs.link = refuse('EPERM');
    fs.rename = refuse('EIO');
    await assert.rejects(publish(), { code: 'EIO' });
    assert.deepEqual([readdirSync(folder), readdirSync(at('work'))], [['work'], ['new']]);
  });

  it('without hard links, a file that another program writes meanwhile stays', async () => {
    fs.link = refuse('EPERM');
    const { writeFile } = fs;
    fs.writeFile = (async (path: string, ...rest: [string, object]) => {
      await writeFile(path, ...rest);
      if (path === at('out.mkv')) writeFileSync(path, 'theirs');
    }) as typeof fs.writeFile;
    try {
      await assert.rejects(publish(), { code: 'OUTPUT_EXISTS' });
    } finally {
      fs.writeFile = writeFile;
    }
    assert.equal(read('out.mkv'), 'theirs');
  });

  it('the empty file of a crashed job is removed by the next one, a file with content is not', async () => {
    writeFileSync(at('out.mkv'), '');
    await removeClaim(at('work'), at('out.mkv'));
    assert.ok(existsSync(at('out.mkv'))); // no job has claimed it
    for (const content of ['theirs', '']) {
      writeFileSync(at('out.mkv'), content);
      writeFileSync(at('work/claim'), '');
      assert.ok(await hasClaim(at('work')));
      await removeClaim(at('work'), at('out.mkv'));
      assert.deepEqual([existsSync(at('out.mkv')), await hasClaim(at('work'))], [content !== '', false]);
    }
  });

  for (const overwrite of [false, true]) {
    it(`from another file system${overwrite ? ', over an existing file' : ''}`, async function () {
      const isMounted = await withMount(at('mount'), 'size=1m', async () => {
        writeFileSync(at('mount/new'), 'from far');
        symlinkSync(at('mount'), at('far'));
        if (overwrite) writeFileSync(at('out.mkv'), 'old');
        await publishFile(at('far/new'), at('out.mkv'), { overwrite, folder: at('far') });
        assert.equal(read('out.mkv'), 'from far');
        writeFileSync(at('mount/new'), 'again');
        if (!overwrite)
          await assert.rejects(publishFile(at('far/new'), at('out.mkv'), { overwrite }), { code: 'OUTPUT_EXISTS' });
        assert.deepEqual(readdirSync(folder).toSorted(), ['far', 'mount', 'out.mkv', 'work']);
      });
      if (!isMounted) this.skip(); // mounting needs root
    });
  }

  it('other errors of the system are passed on', async () => {
    const { copyFile } = fs;
    fs.copyFile = refuse('ECOPIED');
    fs.rename = refuse('EIO');
    try {
      await assert.rejects(publish(true), { code: 'EIO' });
    } finally {
      fs.copyFile = copyFile;
    }
    fs.link = refuse('EPERM');
    await assert.rejects(publishFile(at('work/new'), at('missing/out'), { overwrite: false }), { code: 'ENOENT' });
  });
});
