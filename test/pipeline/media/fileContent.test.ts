import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { fileContent } from '../../../src/pipeline/media/fileContent';
import { CAMERA_FORMS, cameraJpegs, multipart, withThumbnail } from '../../support/cameraJpegs';
import { pattern } from '../../support/images';
import { ff, moving, scratchFolder } from '../../support/videos';

describe('fileContent', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  let jpegs: readonly Buffer[];

  before(async () => {
    jpegs = await cameraJpegs(folder, 2);
  });

  async function contentOf(content: Uint8Array | string): Promise<string> {
    writeFileSync(at('file.mp4'), content);
    const file = await open(at('file.mp4'));
    try {
      return await fileContent(file);
    } finally {
      await file.close();
    }
  }

  it('an animated PNG is a video; one of a single frame is an image, also with an acTL chunk or words about it', async () => {
    const png = await pattern(16, 16).png().toBuffer();
    assert.equal(await contentOf(png), 'still');
    await ff(...moving('64x48', '25', 2), '-f', 'apng', at('two'));
    assert.equal(await contentOf(readFileSync(at('two'))), 'other');
    const covered = Buffer.concat([png.subarray(0, 33), chunk('acTL', 2), png.subarray(33)]);
    assert.equal(await contentOf(covered), 'PNG with a cover');
    const single = Buffer.concat([png.subarray(0, 33), chunk('acTL', 1), png.subarray(33)]);
    assert.equal(await contentOf(single), 'still');
    const behind = Buffer.concat([png.subarray(0, -12), chunk('acTL', 2), png.subarray(-12)]);
    assert.equal(await contentOf(behind), 'still');
    assert.equal(await contentOf(png.subarray(0, 20)), 'still');
  });

  for (const [what, framed] of CAMERA_FORMS)
    it(`JPEGs ${what} are several JPEGs`, async () =>
      assert.equal(await contentOf(Buffer.concat(jpegs.map(framed))), 'jpegs'));

  it('a response whose headers come first holds JPEGs too, one without a JPEG is text', async () => {
    const lines = 'HTTP/1.0 200 OK\r\nServer: MJPG-Streamer\r\n\r\n';
    assert.equal(await contentOf(Buffer.concat([Buffer.from(lines), multipart('--b', jpegs[0]!)])), 'jpegs');
    assert.equal(await contentOf(`${lines}--b\r\n`), 'text');
    assert.equal(await contentOf(Buffer.concat([Buffer.from('A letter about '), jpegs[0]!])), 'other');
  });

  it('a photo is one image, also with a thumbnail, other images of it, or a video behind it', async () => {
    const photo = withThumbnail(jpegs[0]!);
    const index = Buffer.from([0xff, 0xe2, 0, 8, ...Buffer.from('MPF\0'), 0, 0]);
    const map = await pattern(32, 24).jpeg().toBuffer();
    for (const [what, file] of [
      ['alone', photo],
      ['progressive', await pattern(64, 48).jpeg({ progressive: true }).toBuffer()],
      ['an MPO', Buffer.concat([photo.subarray(0, 2), index, photo.subarray(2), jpegs[1]!])],
      ['with a gain map', Buffer.concat([photo, map])],
      ['with a video', Buffer.concat([photo, Buffer.from('\0\0\0\x18ftypmp42'), Buffer.alloc(99, 3), jpegs[1]!])],
      ['cut off', photo.subarray(0, -9)],
      ['cut off in its head', photo.subarray(0, 9)],
    ] as const)
      assert.equal(await contentOf(file), 'still', what);
  });

  it('JPEGs of more than a megabyte are a video too', async () => {
    const large = Buffer.concat([
      jpegs[0]!.subarray(0, 2),
      ...Array<Buffer>(20).fill(comment()),
      jpegs[0]!.subarray(2),
    ]);
    assert.ok(large.length > 2 ** 20);
    assert.equal(await contentOf(large), 'still');
    assert.equal(await contentOf(Buffer.concat([large, large])), 'jpegs');
  });

  it('knows an animated WebP', async () => {
    const frames = await pattern(16, 32).raw().toBuffer();
    const raw = { width: 16, height: 32, channels: 3, pageHeight: 16 } as const;
    const animated = await sharp(frames, { raw })
      .webp({ delay: [100, 300] })
      .toBuffer();
    assert.equal(await contentOf(animated), 'animated WebP');
    for (const options of [{}, { lossless: true }])
      assert.equal(await contentOf(await pattern(16, 16, 4).webp(options).toBuffer()), 'still');
  });

  it('knows TIFF and BMP, and an AVI from a WebP', async () => {
    for (const [bytes, what] of [
      ['II*\0\b\0\0\0', 'still'],
      ['MM\0*\0\0\0\b', 'still'],
      ['BM\0\0', 'still'],
      ['RIFF\0\0\0\0AVI LIST', 'other'],
      ['\0\x01\0\0\0\0\0\0WEBPVP8 ', 'other'],
    ] as const)
      assert.equal(await contentOf(bytes), what, bytes);
  });

  it('names files that are no video, and leaves playlists to ffmpeg', async () => {
    const bom = '\ufeff';
    for (const [content, what] of [
      ['#EXTM3U\nfile.ts', 'other'],
      [`${bom}  #EXTM3U\nfile.ts`, 'other'],
      ["ffconcat version 1.0\nfile 'a.mp4'\n", 'other'],
      ['<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>', 'other'],
      ['v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n', 'other'],
      ['<!DOCTYPE html><title>Log in</title>', 'web page'],
      ['x', 'text'],
      ['This is not a vidéo.\n'.repeat(999), 'text'],
      [`é${'x'.repeat(4093)}é`, 'text'], // the window ends within the last character
      [Buffer.alloc(1), 'zeros'],
      [Buffer.alloc(9e6), 'zeros'],
      [Buffer.concat([Buffer.alloc(2 ** 20 - 1), Buffer.from([1])]), 'other'],
      [Buffer.from('text, then a control\x07'), 'other'],
      [Buffer.from('text\xff\xfe\xfd\xfc, not UTF-8', 'latin1'), 'other'],
      ['YUV4MPEG2 W2 H2 F25:1 C420jpeg\nFRAME\n      ', 'other'],
    ] as const)
      assert.equal(await contentOf(content), what, String(content).slice(0, 30));
  });
});

const comment = (): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe, 0xff, 0xff]), Buffer.alloc(65_533, 32)]);

/** A chunk of a PNG; its checksum is not checked. */
function chunk(kind: string, value: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32BE(8, 0);
  bytes.write(kind, 4);
  bytes.writeUInt32BE(value, 8);
  return bytes;
}
