import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { CAMERA_FORMS, cameraJpegs } from '../../../support/cameraJpegs';
import { nearest } from '../../../support/fakeModel';
import { pattern } from '../../../support/images';
import { binary, ff, moving, passthrough, pixels, scratchFolder, times } from '../../../support/videos';

const FRAMES = 10;

describe('restoreVideo with files of several images', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  let jpegs: readonly Buffer[];
  /** The pixels of the JPEGs as a folder of images. */
  let truth: Buffer;

  before(async () => {
    jpegs = await cameraJpegs(folder, FRAMES);
    await restored('images');
    truth = await pixels(at('out.mkv'));
  });

  /** Restores a file at its own size, and returns the times of its frames in seconds. */
  async function restored(name: string, sequenceRate = 25): Promise<readonly number[]> {
    const job = { ...JOB_DEFAULTS, model: 'x4', input: at(name), output: at('out.mkv'), overwrite: true, sequenceRate };
    const tools = { binary: await binary(), openModel: async () => nearest(1) };
    await restoreVideo({ ...job, codec: 'ffv1', pixelFormat: 'gbrp' }, tools, new AbortController().signal, () => {});
    return (await times(at('out.mkv'))).seconds;
  }

  const restoredFile = (content: Uint8Array, name: string, sequenceRate?: number): Promise<readonly number[]> => {
    writeFileSync(at(name), content);
    return restored(name, sequenceRate);
  };

  const near = (actual: readonly number[], wanted: readonly number[]): void => {
    assert.equal(actual.length, wanted.length);
    wanted.forEach((time, n) => assert.ok(Math.abs(actual[n]! - time) < 0.001, `${actual[n]} is not ${time}`));
  };
  const every = (seconds: number): number[] => Array.from({ length: FRAMES }, (_, n) => n * seconds);

  it('an animated PNG is a video, with all frames and delays, whatever its name', async () => {
    const slower = ['-vf', 'setpts=N*(N+1)/2,settb=1/25', ...(await passthrough()), '-pix_fmt', 'rgb24'];
    await ff(...moving('64x48', '25', FRAMES), ...slower, '-f', 'apng', at('made'));
    const file = readFileSync(at('made'));
    near(
      await restoredFile(file, 'animation.png'),
      Array.from({ length: FRAMES }, (_, n) => (n * (n + 1)) / 50),
    );
    await ff(...moving('64x48', '25', FRAMES), '-pix_fmt', 'rgb24', '-c:v', 'ffv1', at('truth.mkv'));
    assert.ok((await pixels(at('out.mkv'))).equals(await pixels(at('truth.mkv'))));
  });

  for (const [what, framed] of CAMERA_FORMS) {
    it(`JPEGs ${what} are a video at the frame rate for images, whatever its name`, async () => {
      const file = Buffer.concat(jpegs.map(framed));
      near(await restoredFile(file, 'camera.jpg', 10), every(1 / 10));
      assert.ok((await pixels(at('out.mkv'))).equals(truth));
    });
  }

  it('an animated WebP is refused', async () => {
    const raw = { width: 16, height: 32, channels: 3, pageHeight: 16 } as const;
    const animated = await sharp(await pattern(16, 32).raw().toBuffer(), { raw })
      .webp()
      .toBuffer();
    await assert.rejects(restoredFile(animated, 'a.webp'), { code: 'SOURCE_UNREADABLE', message: /an animated WebP/ });
  });

  it('opens H.263, bare and in 3GP', async () => {
    const encoded = [...moving('176x144', '25', FRAMES), '-c:v', 'h263'];
    await ff(...encoded, '-f', 'h263', at('bare'));
    assert.equal((await restoredFile(readFileSync(at('bare')), 'film.h263')).length, FRAMES);
    await ff(...encoded, at('film.3gp'));
    near(await restoredFile(readFileSync(at('film.3gp')), 'renamed.mp4'), every(1 / 25));
  });
});
