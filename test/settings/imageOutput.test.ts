import assert from 'node:assert/strict';
import { join } from 'node:path';
import { imageFile, imageNameOf, isImageFile } from '../../src/settings/imageOutput';
import { checkJob, type Job, JOB_DEFAULTS } from '../../src/settings/restoreJob';

const job = (output: string, changes: Partial<Job> = {}): Job =>
  checkJob({ ...JOB_DEFAULTS, input: '/in/a.mkv', output, ...changes });
const seen = ({ output, codec, imageName }: Job): unknown[] => [output, codec, imageName];

describe('an output of images', () => {
  it('is a pattern, or a folder with a codec of images', () => {
    assert.deepEqual(seen(job('/out/f/%08d.png')), ['/out/f', 'png', '%08d.png']);
    assert.deepEqual(seen(job('/out/f/frame_%06d.TIF')), ['/out/f', 'tiff', 'frame_%06d.TIF']);
    assert.deepEqual(seen(job('/out/f', { codec: 'png' })), ['/out/f', 'png', '%08d.png']);
    assert.deepEqual(seen(job('/out/clip_x2.tif', { codec: 'tiff' })), ['/out/clip_x2', 'tiff', '%08d.tif']);
    assert.deepEqual(seen(job('/out/v1.2', { codec: 'png' })), ['/out/v1.2', 'png', '%08d.png']);
    assert.equal(imageNameOf(job('/out/a.mkv')), null);
  });

  it('stays what it is when the job is checked again', () => {
    for (const output of ['/out/f/%08d.png', '/out/f/a-%04d.tiff']) {
      const checked = job(output);
      assert.deepEqual(checkJob(checked), checked);
    }
  });

  const REFUSED: readonly (readonly [string, Partial<Job>])[] = [
    ['/out/f/%d.png', {}],
    ['/out/f/%8d.png', {}],
    ['/out/f/%08d%02d.png', {}],
    ['/out/f/%s.png', {}],
    ['/out/f/.%08d.png', {}],
    ['/out/f/a.png', {}],
    ['/out/f/%08d.png', { codec: 'ffv1' }],
    ['/out/f/%08d.png', { codec: 'tiff' }],
    ['/out/f/%08d.jpg', {}],
    ['/out/a.mkv', { imageName: '%08d.png' }],
    ['/out/f', { codec: 'png', imageName: '../%08d.png' }],
    ['/out/f', { codec: 'png', imageName: '%08d.tif' }],
  ];
  for (const [output, changes] of REFUSED)
    it(`refuses ${output} ${JSON.stringify(changes)}`, () => {
      assert.throws(() => job(output, changes), { code: 'BAD_SETTING' });
    });

  it('its files have numbers of so many digits, or more', () => {
    const name = imageNameOf(job(join('/out/f', 'a_%03d.png')))!;
    assert.deepEqual([imageFile(name, 7), imageFile(name, 1234)], ['a_007.png', 'a_1234.png']);
    for (const file of ['a_007.png', 'a_1234.png']) assert.ok(isImageFile(name, file));
    for (const file of ['a_07.png', 'a_007.tif', '007.png', 'a_00x.png', 'a_.png', 'notes.txt'])
      assert.ok(!isImageFile(name, file), file);
  });
});
