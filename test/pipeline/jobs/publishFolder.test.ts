import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkFolder, publishFolder } from '../../../src/pipeline/jobs/publishFolder';
import { scratchFolder } from '../../support/videos';

describe('publishFolder', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const make = (name: string, text: string): void => {
    mkdirSync(at(`${name}/data`), { recursive: true });
    writeFileSync(at(`${name}/bagit.txt`), text);
  };

  it('moves a folder to its name, and the one before aside', async () => {
    make('one', '1');
    await checkFolder(at('bag'), false, 'bagit.txt');
    await publishFolder(at('one'), at('bag'), at('aside'));
    assert.ok(!existsSync(at('one')));
    make('two', '2');
    await publishFolder(at('two'), at('bag'), at('aside'));
    assert.deepEqual(
      ['bag', 'aside'].map((name) => readFileSync(at(`${name}/bagit.txt`), 'utf8')),
      ['2', '1'],
    );
  });

  it('replaces only a folder of its own kind, and only when asked', async () => {
    const taken = { code: 'OUTPUT_EXISTS' };
    await assert.rejects(checkFolder(at('bag'), false, 'bagit.txt'), taken);
    await checkFolder(at('bag'), true, 'bagit.txt');
    await assert.rejects(checkFolder(at('bag'), true, 'other.txt'), taken);
    writeFileSync(at('file'), '');
    await assert.rejects(checkFolder(at('file'), true, 'bagit.txt'), taken);
  });

  it('leaves the folder before where it was if the new one cannot be moved', async () => {
    await assert.rejects(publishFolder(at('none'), at('bag'), at('aside 2')), { code: 'ENOENT' });
    assert.equal(readFileSync(at('bag/bagit.txt'), 'utf8'), '2');
  });
});
