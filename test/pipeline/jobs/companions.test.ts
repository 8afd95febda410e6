import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCompanions, publishWith, removeCompanions } from '../../../src/pipeline/jobs/companions';
import { scratchFolder } from '../../support/videos';

describe('companions of an output', () => {
  const root = scratchFolder();
  let folder: string;
  let work: string;
  const at = (name: string): string => join(folder, name);
  const companions = () => [
    { file: 'record.json', path: at('a.mkv.remaster.json') },
    { file: 'manifest.txt', path: at('a.mkv.manifest-sha256.txt') },
  ];
  const fail = () => Promise.reject(new Error('no'));

  beforeEach(function () {
    folder = join(root, this.currentTest!.title.replaceAll(/\W/g, ' '));
    work = join(folder, 'work');
    mkdirSync(work, { recursive: true });
    for (const { file } of companions()) writeFileSync(join(work, file), `new ${file}`);
  });

  it('have their names before the output', async () => {
    const published = await publishWith(work, companions(), false, async () => {
      for (const { path } of companions()) assert.ok(existsSync(path));
      assert.ok(existsSync(join(work, 'companions.json')));
      return 'done';
    });
    assert.equal(published, 'done');
    assert.equal(readFileSync(at('a.mkv.remaster.json'), 'utf8'), 'new record.json');
    assert.ok(!existsSync(join(work, 'companions.json')));
  });

  it('are gone again when the output cannot be published', async () => {
    await assert.rejects(publishWith(work, companions(), false, fail), { message: 'no' });
    assert.deepEqual(readdirSync(folder), ['work']);
  });

  it('of before are there again when the output cannot be replaced', async () => {
    for (const { path } of companions()) writeFileSync(path, 'old');
    await assert.rejects(publishWith(work, companions(), true, fail), { message: 'no' });
    for (const { path } of companions()) assert.equal(readFileSync(path, 'utf8'), 'old');
  });

  it('never replace another file, and the first is taken back when the second has no room', async () => {
    writeFileSync(at('a.mkv.manifest-sha256.txt'), 'other');
    await assert.rejects(checkCompanions(work, [at('a.mkv.manifest-sha256.txt')], false), { code: 'OUTPUT_EXISTS' });
    await checkCompanions(work, [at('a.mkv.manifest-sha256.txt')], true);
    await checkCompanions(work, [at('free')], false);
    await assert.rejects(publishWith(work, companions(), false, fail), { code: 'OUTPUT_EXISTS' });
    assert.deepEqual(readdirSync(folder).toSorted(), ['a.mkv.manifest-sha256.txt', 'work']);
    assert.equal(readFileSync(at('a.mkv.manifest-sha256.txt'), 'utf8'), 'other');
  });

  /** As a kill in the middle leaves it. */
  async function interrupted(): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      void publishWith(work, companions(), false, () => new Promise(() => resolve()));
    });
    await reached;
  }

  it('that a killed job has left are deleted by the next one', async () => {
    await interrupted();
    await checkCompanions(
      work,
      companions().map(({ path }) => path),
      false,
    );
    await removeCompanions(work, at('a.mkv'));
    assert.deepEqual(readdirSync(folder), ['work']);
    assert.ok(!existsSync(join(work, 'companions.json')));
    await removeCompanions(work, at('a.mkv')); // there is nothing to do
  });

  it('stay where they have other content by now, or the output is there', async () => {
    await interrupted();
    writeFileSync(at('a.mkv.remaster.json'), 'of another program');
    writeFileSync(at('a.mkv.manifest-sha256.txt'), ''); // the name was taken, and the file not yet moved
    await removeCompanions(work, at('a.mkv'));
    assert.deepEqual(readdirSync(folder).toSorted(), ['a.mkv.remaster.json', 'work']);
    await publishWith(work, [companions()[1]!], false, async () => {});
    writeFileSync(at('a.mkv'), 'whole');
    writeFileSync(join(work, 'companions.json'), '[{"name":"a.mkv.manifest-sha256.txt","sha256":""}]');
    await removeCompanions(work, at('a.mkv'));
    assert.ok(existsSync(at('a.mkv.manifest-sha256.txt')));
  });
});
