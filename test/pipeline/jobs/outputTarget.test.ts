import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../src/errors';
import { checkTarget, publishFile, unwritable } from '../../../src/pipeline/jobs/outputTarget';
import { scratchFolder } from '../../support/videos';

describe('outputTarget', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const link = fs.link;
  beforeEach(() => writeFileSync(at('new'), 'new'));
  afterEach(() => {
    fs.link = link;
  });

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

  for (const [what, code] of [
    ['with hard links', null],
    ['without hard links', 'ENOTSUP'],
    ['without the right to link', 'EPERM'],
  ] as const) {
    it(`publishes on a file system ${what}, and never over an existing file`, async () => {
      if (code !== null) fs.link = () => Promise.reject(Object.assign(new Error('no links'), { code }));
      await publishFile(at('new'), at(`published ${what}`), false);
      assert.equal(readFileSync(at(`published ${what}`), 'utf8'), 'new');
      rmSync(at('new'), { force: true });
      writeFileSync(at('new'), 'newer');
      await assert.rejects(publishFile(at('new'), at(`published ${what}`), false), { code: 'OUTPUT_EXISTS' });
      assert.equal(readFileSync(at(`published ${what}`), 'utf8'), 'new');
      await publishFile(at('new'), at(`published ${what}`), true);
      assert.equal(readFileSync(at(`published ${what}`), 'utf8'), 'newer');
      assert.ok(!existsSync(at('new')) || code === null);
    });
  }

  it('errors of the file system get a code, others stay', () => {
    const error = (code: string): NodeJS.ErrnoException => Object.assign(new Error('words'), { code });
    const codeOf = (cause: unknown): string => (unwritable('/out.mkv', cause) as RemasterError).code;
    assert.deepEqual(
      ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'].map((code) => codeOf(error(code))),
      ['DISK_FULL', 'DISK_FULL', 'OUTPUT_UNWRITABLE', 'OUTPUT_UNWRITABLE'],
    );
    for (const cause of [new RemasterError('OUTPUT_BUSY', 'busy'), new Error('a bug')])
      assert.equal(unwritable('/out.mkv', cause), cause);
  });
});
