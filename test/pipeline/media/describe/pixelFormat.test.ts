import assert from 'node:assert/strict';
import { namedPixelFormat, taggedPixelFormat } from '../../../../src/pipeline/media/describe/pixelFormat';
import { nutStreamIn } from '../../../../src/pipeline/media/readNut';
import { ff } from '../../../support/videos';

/** One format of every kind, with bits, chroma, alpha. */
const FORMATS = [
  ['yuv420p', '8 4:2:0 false'],
  ['yuv420p10le', '10 4:2:0 false'],
  ['yuv422p12be', '12 4:2:2 false'],
  ['yuv444p16le', '16 4:4:4 false'],
  ['yuv440p', '8 4:4:0 false'],
  ['yuv411p', '8 4:1:1 false'],
  ['yuv410p', '8 4:1:0 false'],
  ['yuva444p10le', '10 4:4:4 true'],
  ['nv12', '8 4:2:0 false'],
  ['uyvy422', '8 4:2:2 false'],
  ['gray', '8 gray false'],
  ['gray10le', '10 gray false'],
  ['monow', '8 gray false'],
  ['ya8', '8 gray true'],
  ['gbrp', '8 rgb false'],
  ['gbrp10be', '10 rgb false'],
  ['gbrap16le', '16 rgb true'],
  ['rgb24', '8 rgb false'],
  ['bgr0', '8 rgb false'],
  ['argb', '8 rgb true'],
  ['rgb48be', '16 rgb false'],
  ['rgba64be', '16 rgb true'],
  ['rgb565le', '8 rgb false'],
  ['rgb555le', '8 rgb false'],
  ['bgr8', '8 rgb false'],
] as const;

const text = (format: ReturnType<typeof namedPixelFormat>): string =>
  format ? `${format.bitDepth} ${format.chroma} ${format.hasAlpha}` : 'unknown';

describe('pixelFormat', () => {
  for (const [name, expected] of FORMATS)
    it(`${name}, by its name and by the tag that ffmpeg writes`, async () => {
      assert.equal(text(namedPixelFormat(name)), expected);
      const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=16x16', '-frames:v', '1', '-pix_fmt', name];
      const file = await ff(...picture, '-c:v', 'rawvideo', '-f', 'nut', '-');
      assert.equal(text(taggedPixelFormat(nutStreamIn(file)!.fourcc)), expected);
    });

  it('names without a tag of their own', () => {
    for (const [name, expected] of [
      ['p010le', '10 4:2:0 false'],
      ['p216le', '16 4:2:2 false'],
      ['y210le', '10 4:2:2 false'],
      ['xv36le', '12 4:4:4 false'],
      ['x2rgb10le', '10 rgb false'],
      ['xyz12le', '12 rgb false'],
      ['gbrpf32le', '16 rgb false'],
      ['vuya', '8 4:4:4 true'],
    ] as const)
      assert.equal(text(namedPixelFormat(name)), expected, name);
    assert.equal(namedPixelFormat('yuvj420p')!.isFullRange, true);
    assert.equal(namedPixelFormat('yuv420p')!.isFullRange, false);
  });

  it('other names and tags are no pixel formats', () => {
    for (const name of ['', 'cuda', 'unknown']) assert.equal(namedPixelFormat(name), null);
    for (const tag of ['H264', 'Y9\0\n', 'Y3\x05\n']) assert.equal(taggedPixelFormat(Buffer.from(tag, 'latin1')), null);
  });
});
