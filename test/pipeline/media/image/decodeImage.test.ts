import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { decodeImage } from '../../../../src/pipeline/media/image/decodeImage';
import { withPngChunk } from '../../../../src/pipeline/media/image/imageChunks';
import { pattern } from '../../../support/images';
import { ff, moving, scratchFolder } from '../../../support/videos';

describe('decodeImage', () => {
  const folder = scratchFolder();
  const decoded = (data: Uint8Array) => decodeImage({ kind: 'file', data }, 1e6);
  const isAnimated = { code: 'IMAGE_UNREADABLE', message: /image is animated/, remedy: /as a video/ };

  it('refuses an animated PNG, and takes one of a single image', async () => {
    const path = join(folder, 'several.png');
    await ff(...moving('16x16', '5', 2), '-f', 'apng', '-plays', '0', path);
    await assert.rejects(decoded(readFileSync(path)), isAnimated);
    const still = await pattern(16, 16).png().toBuffer();
    const one = withPngChunk(still, 'acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])); // an animation of one image
    const broken = withPngChunk(still, 'acTL', Buffer.from([0, 0, 2]));
    for (const file of [still, one, broken]) assert.equal((await decoded(file)).width, 16);
  });

  it('refuses an animated WebP, and takes one of a single image', async () => {
    const page = await pattern(16, 16).png().toBuffer();
    const strip = await sharp(page).extend({ bottom: 16 }).raw().toBuffer({ resolveWithObject: true });
    const raw = { ...strip.info, pageHeight: 16 };
    const moves = await sharp(strip.data, { raw })
      .webp({ loop: 0, delay: [50, 50] })
      .toBuffer();
    assert.equal((await sharp(moves).metadata()).pages, 2);
    await assert.rejects(decoded(moves), isAnimated);
    assert.equal((await decoded(await sharp(page).webp().toBuffer())).height, 16);
  });
});
