import assert from 'node:assert/strict';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import fs, { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { checkTarget, targetOf } from '../../../src/pipeline/jobs/outputTarget';
import { scratchFolder } from '../../support/videos';

describe('outputTarget', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  it('a free name is accepted, and an existing file only to be overwritten', async () => {
    await checkTarget(at('free'), false);
    writeFileSync(at('taken'), 'old');
    await assert.rejects(checkTarget(at('taken'), false), { code: 'OUTPUT_EXISTS' });
    await checkTarget(at('taken'), true);
  });

  it('a missing folder, a file as folder and a folder as file are refused', async () => {
    writeFileSync(at('file'), '');
    mkdirSync(at('folder'));
    for (const target of [at('missing/out'), at('file/out')])
      await assert.rejects(checkTarget(target, true), {
        code: 'OUTPUT_UNWRITABLE',
        message: /The folder .* does not exist/,
      });
    for (const overwrite of [true, false])
      await assert.rejects(checkTarget(at('folder'), overwrite), { code: 'OUTPUT_UNWRITABLE', message: /is a folder/ });
  });

  it('a name that is too long is refused with the reason', async () => {
    await checkTarget(at('x'.repeat(255)), false);
    for (const name of ['x'.repeat(256), 'é'.repeat(128)])
      await assert.rejects(checkTarget(at(name), true), {
        code: 'OUTPUT_UNWRITABLE',
        message: /its name of 256 bytes is too long/,
      });
  });

  it('a link leads to the file that is written, and one to nothing is refused', async () => {
    writeFileSync(at('real'), 'old');
    symlinkSync(at('real'), at('link'));
    symlinkSync(at('link'), at('link to link'));
    symlinkSync(at('nothing'), at('dangling'));
    assert.equal(await targetOf(at('link to link')), await realpath(at('real')));
    assert.equal(await targetOf(at('real')), at('real'));
    assert.equal(await targetOf(at('free')), at('free'));
    await assert.rejects(targetOf(at('dangling')), { code: 'OUTPUT_UNWRITABLE', message: /a link to a file/ });
  });

  it('a source is never the output, under any name', async () => {
    writeFileSync(at('source'), 'source');
    writeFileSync(at('other'), 'other');
    symlinkSync(at('source'), at('symbolic'));
    linkSync(at('source'), at('hard'));
    for (const name of ['source', 'symbolic', 'hard'])
      for (const overwrite of [true, false])
        await assert.rejects(checkTarget(at(name), overwrite, [at('other'), at('source')]), {
          code: 'OUTPUT_EXISTS',
          message: /is the same file as the source/,
        });
    await checkTarget(at('other'), true, [at('source'), at('missing')]);
    await checkTarget(at('free'), true, [at('source')]);
  });

  it('a network without numbers of files compares paths', async () => {
    const stat = fs.stat;
    fs.stat = (async (path: string, options?: object) =>
      Object.assign(await stat(path, options as { bigint: true }), { ino: 0n })) as typeof fs.stat;
    try {
      writeFileSync(at('one'), '1');
      writeFileSync(at('two'), '2');
      await assert.rejects(checkTarget(at('one'), true, [at('one')]), { code: 'OUTPUT_EXISTS' });
      await checkTarget(at('one'), true, [at('two')]);
    } finally {
      fs.stat = stat;
    }
  });
});
