import assert from 'node:assert/strict';
import { RemasterError } from '../../../src/errors';
import { unwritable } from '../../../src/pipeline/jobs/outputErrors';

describe('unwritable', () => {
  const error = (code: string): NodeJS.ErrnoException => Object.assign(new Error(`${code}: words`), { code });
  const of = (code: string, target = '/videos/out.mkv'): RemasterError =>
    unwritable(target, error(code)) as RemasterError;

  for (const [code, message, remedy] of [
    ['ENAMETOOLONG', /^Cannot write .*: its name of 7 bytes is too long for the file system\.$/, /shorter name/],
    ['EACCES', /: no permission to write in \/videos\.$/, /write permission/],
    ['EPERM', /: no permission to write in \/videos\.$/, /write permission/],
    ['EROFS', /: the file system of \/videos is read-only\.$/, /another disk/],
    ['ENOENT', /: its folder or work folder is gone\.$/, /disk is connected/],
    ['ESTALE', /: its folder or work folder is gone\.$/, /disk is connected/],
    ['EINVAL', /: the file system does not allow this name\.$/, /letters and digits/],
    ['EILSEQ', /: the file system does not allow this name\.$/, /letters and digits/],
    ['EIO', /: EIO: words\.$/, /Check/],
  ] as const)
    it(`${code}: says why, and what to do`, () => {
      const found = of(code);
      assert.equal(found.code, 'OUTPUT_UNWRITABLE');
      assert.match(found.message, message);
      assert.match(found.remedy, remedy);
    });

  it('a full disk, an exhausted quota and the largest file of a file system are DISK_FULL', () => {
    for (const code of ['ENOSPC', 'EDQUOT']) assert.match(of(code).message, /^There is no space left/);
    assert.match(of('EFBIG').message, /^The file system of \/videos allows no larger files/);
    assert.deepEqual(
      ['ENOSPC', 'EDQUOT', 'EFBIG'].map((code) => of(code).code),
      ['DISK_FULL', 'DISK_FULL', 'DISK_FULL'],
    );
    assert.equal((unwritable('/a', error('ENOSPC'), 'words of ffmpeg') as RemasterError).detail, 'words of ffmpeg');
  });

  it('other errors stay', () => {
    for (const cause of [new RemasterError('OUTPUT_BUSY', 'busy'), new Error('a bug')])
      assert.equal(unwritable('/out.mkv', cause), cause);
  });
});
