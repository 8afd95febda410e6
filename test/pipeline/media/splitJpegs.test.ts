import assert from 'node:assert/strict';
import { jpegSplitter } from '../../../src/pipeline/media/splitJpegs';
import { CAMERA_FORMS, multipart, withThumbnail } from '../../support/cameraJpegs';
import { ff } from '../../support/videos';

/** What comes out of a stream that arrives in pieces of `size` bytes, and how many pieces each JPEG had waited for. */
function split(stream: Buffer, size = stream.length) {
  const jpegs: Buffer[] = [];
  const waited: number[] = [];
  let pushed = 0;
  const splitter = jpegSplitter((jpeg) => {
    jpegs.push(jpeg);
    waited.push(pushed);
  });
  for (let at = 0; at < stream.length; at += size) {
    pushed++;
    splitter.push(stream.subarray(at, at + size));
  }
  splitter.end();
  return { jpegs, waited };
}

describe('jpegSplitter', () => {
  let images: readonly Buffer[];
  before(async () => {
    const clock = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=1'];
    const jpeg = (n: number): Promise<Buffer> =>
      ff(...clock, '-vf', `select=eq(n\\,${n})`, '-frames:v', '1', '-f', 'mjpeg', '-');
    images = await Promise.all([0, 1, 2, 3].map(jpeg));
  });

  for (const [what, framed] of CAMERA_FORMS) {
    it(`finds JPEGs ${what}, in pieces of any size`, () => {
      const stream = Buffer.concat(images.map(framed));
      const isCut = what === 'without EOI';
      const wanted = images.map((jpeg) => (isCut ? jpeg.subarray(0, -2) : what.includes('thumb') ? withThumbnail(jpeg) : jpeg)); // prettier-ignore
      for (const size of [1, 2, 3, 1000, 65_536]) {
        const { jpegs } = split(stream, size);
        assert.equal(jpegs.length, wanted.length, `${size}`);
        jpegs.forEach((jpeg, i) => assert.ok(jpeg.equals(wanted[i]!), `${i} in pieces of ${size}`));
      }
    });
  }

  it('gives a JPEG out with its last byte, also if that is alone in its piece', () => {
    const [first, second] = images as [Buffer, Buffer];
    const { waited } = split(Buffer.concat([first, second]), first.length);
    assert.equal(waited[0], 1);
    const jpegs: Buffer[] = [];
    const splitter = jpegSplitter((jpeg) => jpegs.push(jpeg));
    splitter.push(first.subarray(0, -1));
    assert.equal(jpegs.length, 0);
    splitter.push(first.subarray(-1));
    assert.equal(jpegs.length, 1);
  });

  it('leaves out torn ones, at the start, in the middle and at the end', () => {
    const [a, b, c, d] = images as [Buffer, Buffer, Buffer, Buffer];
    const torn = Buffer.concat([c.subarray(0, c.length >> 1), Buffer.alloc(500)]);
    const stream = Buffer.concat([
      b.subarray(100),
      ...[a, torn, b, Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x12]), c.subarray(0, 30), d].map((part) =>
        multipart('--x', part),
      ),
      a.subarray(0, -40),
    ]);
    for (const size of [1, 997, stream.length]) {
      const { jpegs } = split(stream, size);
      assert.deepEqual(
        jpegs.map((jpeg) => images.findIndex((one) => one.equals(jpeg))),
        [0, 1, 3],
      );
    }
  });

  it('skips a JPEG that is too long, and holds no more of it', () => {
    const jpegs: Buffer[] = [];
    const splitter = jpegSplitter((jpeg) => jpegs.push(jpeg));
    const scan = images[0]!.indexOf(Buffer.from([0xff, 0xda]));
    splitter.push(images[0]!.subarray(0, scan + 20));
    for (let i = 0; i < 40; i++) splitter.push(Buffer.alloc(2 ** 20, 7));
    splitter.push(Buffer.from([0xff, 0xd9]));
    splitter.push(images[1]!);
    assert.equal(jpegs.length, 1);
    assert.ok(jpegs[0]!.equals(images[1]!));
  });
});
