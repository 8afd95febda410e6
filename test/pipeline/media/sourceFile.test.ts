import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputOptions, openSource } from '../../../src/pipeline/media/sourceFile';
import { scratchFolder } from '../../support/videos';

describe('sourceFile', () => {
  const folder = scratchFolder();
  const written = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  it('opens a file, and a folder of images', async () => {
    const source = await openSource(written('a.mp4', 'some bytes'));
    assert.deepEqual([source.bytes, source.isImage, source.sequence], [10, false, null]);
    mkdirSync(join(folder, 'images'));
    written(join('images', '1.png'), 'x');
    const images = await openSource(join(folder, 'images'), 12);
    assert.deepEqual([images.sequence?.count, images.sequence?.rate, images.isImage], [1, 12, false]);
  });

  it('refuses a path with a NUL byte, and one that does not exist', async () => {
    const code = 'SOURCE_NOT_FOUND';
    await assert.rejects(openSource(`${written('b.mp4', 'x')}\0.png`), { code, message: /NUL byte/ });
    await assert.rejects(openSource(join(folder, 'none.mp4')), { code, message: /none\.mp4 does not exist/ });
  });

  it('refuses an empty file but not one of a single byte', async () => {
    await assert.rejects(openSource(written('empty.mp4', '')), { code: 'SOURCE_EMPTY', message: /0 bytes/ });
    assert.equal((await openSource(written('one.mp4', 'x'))).bytes, 1);
  });

  it('says what a file is that no ffmpeg opens as a video', async () => {
    for (const [content, message] of [
      ['<html>Log in', /it is a web page/],
      ['This is not a video.\n', /it is a text file/],
      ['\0'.repeat(5000), /it contains only zeros/],
    ] as const) {
      const source = await openSource(written('none.mp4', content));
      assert.throws(() => inputOptions(source), { code: 'SOURCE_UNREADABLE', message });
    }
  });

  it('refuses a device', async function () {
    if (process.platform === 'win32') this.skip(); // it has no /dev
    await assert.rejects(openSource('/dev/null'), { code: 'SOURCE_UNREADABLE', message: /not a regular file/ });
  });

  it('says what may not be read', async function () {
    if (!process.geteuid) this.skip(); // Windows has no such modes
    const isRoot = process.geteuid() === 0; // it may everything: another user has to try
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'private'));
    const [secret, inside] = [written('secret.mp4', 'x'), written(join('private', 'c.mp4'), 'x')];
    chmodSync(secret, isRoot ? 0o600 : 0);
    chmodSync(join(folder, 'private'), isRoot ? 0o700 : 0);
    const code = 'SOURCE_UNREADABLE';
    if (isRoot) process.seteuid!(65534);
    try {
      await assert.rejects(openSource(secret), { code, message: /permission denied/ });
      await assert.rejects(openSource(inside), { code, message: /no permission to open its folder/ });
    } finally {
      if (isRoot) process.seteuid!(0);
      chmodSync(join(folder, 'private'), 0o700);
    }
  });

  it('knows an image by its first bytes, not by its name', async () => {
    const isImage = async (name: string, hex: string): Promise<boolean> =>
      (await openSource(written(name, Buffer.from(hex, 'hex')))).isImage;
    for (const [name, hex] of [
      ['png', '89504e470d0a1a0a0000000d'],
      ['jpeg', 'ffd8ffe000104a46'],
      ['little-endian tiff', '49492a0008000000'],
      ['big-endian tiff', '4d4d002a00000008'],
      ['bmp', '424d0000'],
      ['webp', '52494646000000005745425056503820'],
    ] as const)
      assert.equal(await isImage(name, hex), true, name);
    for (const [name, hex] of [
      ['avi', '5249464600000000415649204c495354'],
      ['half a signature.png', '89504e470d0a'],
      ['late.png', '0089504e470d0a1a0a000000'],
      ['webp without riff', '00000000000000005745425056503820'],
    ] as const)
      assert.equal(await isImage(name, hex), false, name);
  });

  it('opens an image as one image, and a video only with formats that open no other file', () => {
    const path = '/a/%d.png';
    const jpegs = inputOptions({ path, isImage: false, sequence: null, jpegRate: 12.5 });
    assert.deepEqual(jpegs.slice(2), ['-f', 'mjpeg', '-framerate', '12.5', '-i', `file:${path}`]);
    const image = inputOptions({ path, isImage: true, sequence: null });
    assert.deepEqual(image.slice(2), ['-f', 'image2', '-pattern_type', 'none', '-i', `file:${path}`]);
    const video = inputOptions({ path, isImage: false, sequence: null });
    assert.deepEqual([video[2], ...video.slice(4)], ['-format_whitelist', '-i', `file:${path}`]);
    for (const format of ['hls', 'concat', 'dash', 'sdp', 'lavfi'])
      assert.ok(!video[3]!.split(',').includes(format), format);
    for (const options of [image, video, jpegs])
      assert.deepEqual(options.slice(0, 2), ['-protocol_whitelist', 'file,pipe']);
  });
});
