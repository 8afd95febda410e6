import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkMarked, publishFolder } from '../../../src/pipeline/jobs/publishFolder';
import { scratchFolder } from '../../support/videos';

describe('publishFolder', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const make = (name: string, text: string): void => {
    mkdirSync(at(`${name}/data`), { recursive: true });
    writeFileSync(at(`${name}/bagit.txt`), text);
  };

  const free = (): Promise<void> => Promise.resolve();

  it('moves a folder to its name, in place of the one before', async () => {
    make('one', '1');
    await checkMarked(at('bag'), false, 'bagit.txt');
    await publishFolder(at('one'), at('bag'), { check: free, aside: at('aside') });
    assert.ok(!existsSync(at('one')));
    make('two', '2');
    await publishFolder(at('two'), at('bag'), { check: free, aside: at('aside') });
    assert.equal(readFileSync(at('bag/bagit.txt'), 'utf8'), '2');
    assert.ok(!existsSync(at('aside')));
  });

  it('replaces only a folder of its own kind, and only when asked', async () => {
    const taken = { code: 'OUTPUT_EXISTS' };
    await assert.rejects(checkMarked(at('bag'), false, 'bagit.txt'), taken);
    await checkMarked(at('bag'), true, 'bagit.txt');
    await assert.rejects(checkMarked(at('bag'), true, 'other.txt'), taken);
    writeFileSync(at('file'), '');
    await assert.rejects(checkMarked(at('file'), true, 'bagit.txt'), taken);
  });

  it('leaves the folder before where it was if the new one cannot be moved', async () => {
    await assert.rejects(publishFolder(at('none'), at('bag'), { check: free, aside: at('aside 2') }), {
      code: 'ENOENT',
    });
    assert.equal(readFileSync(at('bag/bagit.txt'), 'utf8'), '2');
  });
});
