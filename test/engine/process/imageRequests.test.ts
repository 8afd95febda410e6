import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { createEngine } from '../../../src/engine/client/engine';
import { type JsonBuffer, upscaleImage } from '../../../src/index';
import { IMAGE_DEFAULTS, type ImageJob, type ImageSource } from '../../../src/settings/imageJob';
import { type Job, JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { pattern, samples } from '../../support/images';
import { runningEngines } from '../../support/processes';
import { ff, meanDifference, moving, pixels, scratchFolder } from '../../support/videos';

/** Largest error of a sample of the model on a plain colour, of 255. */
const RIM = 12;

describe('imageRequests', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const worker = createEngine();
  const source = (data: Uint8Array): ImageSource => ({ kind: 'file', data });
  const upscale = (from: Uint8Array | ImageSource, changes: Partial<ImageJob> = {}, signal?: AbortSignal) =>
    worker.ask(
      'image',
      {
        source: from instanceof Uint8Array ? source(from) : from,
        mask: null,
        job: { ...IMAGE_DEFAULTS, model: 'x4', provider: 'cpu', steps: 1, ...changes },
      },
      signal,
    );
  const metadata = (data: Uint8Array) => sharp(Buffer.from(data)).metadata();

  const videoJob = (output: string): Job => ({
    ...JOB_DEFAULTS,
    model: 'x4',
    ...{ provider: 'cpu', steps: 1, batch: 1, input: at('long.mp4'), output: at(output), codec: 'ffv1' },
  });

  before(async () => {
    await ff(...moving('64x48', '25', 400), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('long.mp4'));
  });
  after(async () => {
    await worker.close();
    assert.deepEqual(await runningEngines(), []);
  });

  for (const [what, width, height, changes] of [
    ['whole', 40, 24, {}],
    ['of odd size', 37, 23, {}],
    ['in tiles', 90, 70, { tile: 32 }],
    ['with four steps, another seed and less strength', 40, 24, { steps: 4, seed: 7, strength: 0.5 }],
  ] as const) {
    it(`an image ${what} is bit-identical to a video of one frame`, async () => {
      const png = await pattern(width, height).png().toBuffer();
      await sharp(png).toFile(at('frame.png'));
      const job: Job = {
        ...JOB_DEFAULTS,
        model: 'x4',
        ...{ provider: 'cpu', steps: 1, input: at('frame.png'), output: at('frame.mkv') },
        ...{ overwrite: true, codec: 'ffv1', pixelFormat: 'gbrp', ...changes },
      };
      await worker.run(job).result;
      const result = await upscale(png, changes);
      assert.deepEqual([result.format, result.width, result.height], ['png', width * 4, height * 4]);
      assert.ok((await samples(result.data)).equals(await pixels(at('frame.mkv'))));
    });
  }

  it('keeps the format of the source or uses the requested one', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const file = await pattern(32, 24)[format]().toBuffer();
      const auto = await upscale(file);
      assert.deepEqual([auto.format, (await metadata(auto.data)).format], [format, format]);
      for (const wanted of ['jpeg', 'png', 'webp'] as const) {
        const { data } = await upscale(file, { format: wanted });
        const { format: is, width, height } = await metadata(data);
        assert.deepEqual([is, width, height], [wanted, 128, 96]);
      }
    }
  });

  it('a higher quality has a smaller error', async () => {
    const file = await pattern(48, 32).png().toBuffer();
    const whole = await samples((await upscale(file)).data);
    const differences: number[] = [];
    for (const quality of [10, 60, 95])
      differences.push(meanDifference(await samples((await upscale(file, { format: 'jpeg', quality })).data), whole));
    assert.deepEqual(
      differences,
      differences.toSorted((a, b) => b - a),
    );
    const lossless = await upscale(file, { format: 'webp', quality: 100 });
    assert.ok((await samples(lossless.data)).equals(whole));
  });

  it('accepts and returns raw pixels', async () => {
    const { data, info } = await pattern(24, 16).raw().toBuffer({ resolveWithObject: true });
    const bare = { kind: 'pixels', data, width: info.width, height: info.height, channels: 3 } as const;
    const { format, channels, data: result } = await upscale(bare, { format: 'pixels' });
    assert.deepEqual([format, channels, result.length], ['pixels', 3, 96 * 64 * 3]);
    const png = await upscale(await pattern(24, 16).png().toBuffer());
    assert.ok((await samples(png.data)).equals(Buffer.from(result)));
    assert.equal((await upscale(bare)).format, 'jpeg');
    await assert.rejects(upscale({ ...bare, width: 25 }), {
      code: 'IMAGE_UNREADABLE',
      message: /has 1200 bytes, not 1152/,
    });
  });

  it('the library takes the bytes in every form', async () => {
    const file = await pattern(24, 16).png().toBuffer();
    const { data: whole } = await upscale(file);
    const json: unknown = JSON.parse(JSON.stringify(file));
    for (const image of [file, Uint8Array.from(file), Uint8Array.from(file).buffer, json as JsonBuffer]) {
      const options = { provider: 'cpu', steps: 1 } as const;
      const { data } = await upscaleImage(image, options, { engine: worker });
      assert.deepEqual(data, whole);
    }
    const { data, info } = await pattern(24, 16).raw().toBuffer({ resolveWithObject: true });
    const bare = { kind: 'pixels', data: JSON.parse(JSON.stringify(data)) as Uint8Array } as const;
    const raw = { ...bare, width: info.width, height: info.height, channels: 3 } as const;
    const result = await upscaleImage(raw, { provider: 'cpu', steps: 1, format: 'png' }, { engine: worker });
    assert.ok((await samples(result.data)).equals(await samples(whole)));
    await assert.rejects(upscaleImage('photo.png' as never, {}, { engine: worker }), { code: 'NO_IMAGE' });
  });

  it('applies EXIF rotation', async () => {
    const upright = await pattern(40, 24).png().toBuffer();
    const plain = await upscale(upright);
    for (const [orientation, back] of [
      [3, 180],
      [6, 270],
      [8, 90],
    ] as const) {
      const turned = await sharp(upright).rotate(back).withMetadata({ orientation }).png().toBuffer();
      const result = await upscale(turned);
      const { width, height, orientation: left } = await metadata(result.data);
      assert.deepEqual([width, height, left ?? 1], [160, 96, 1]);
      assert.ok((await samples(result.data)).equals(await samples(plain.data)), `orientation ${orientation}`);
    }
  });

  it('scales the alpha channel separately and keeps the colours', async () => {
    const { data: rgba, info } = await pattern(48, 32, 4).raw().toBuffer({ resolveWithObject: true });
    for (let i = 3; i < rgba.length; i += 4) rgba[i] = Math.max(1, rgba[i]!); // under 0, colours mean nothing
    const file = await sharp(rgba, { raw: info }).png().toBuffer();
    const result = await upscale(file);
    assert.equal((await metadata(result.data)).channels, 4);
    const ramp = await samples(result.data, 3);
    assert.ok(ramp[0]! < 8 && ramp[191]! > 247, `${ramp[0]} … ${ramp[191]}`);
    for (let x = 1; x < 192; x++) assert.ok(ramp[x]! >= ramp[x - 1]! - 1);
    const opaque = await upscale(await sharp(file).removeAlpha().png().toBuffer());
    const colours = await sharp(Buffer.from(result.data)).removeAlpha().raw().toBuffer();
    assert.ok(colours.equals(await samples(opaque.data)));
    assert.equal((await metadata((await upscale(file, { format: 'webp' })).data)).channels, 4);
    const onWhite = await samples((await upscale(file, { format: 'jpeg' })).data);
    assert.ok(onWhite[0]! > 240 && onWhite[1]! > 240 && onWhite[2]! > 240);
  });

  for (const hidden of ['#000000', '#00ff00'])
    it(`a disc on transparent ${hidden} has no rim of that colour`, async () => {
      const background = [0, 1, 2].map((c) => Number.parseInt(hidden.slice(1 + 2 * c, 3 + 2 * c), 16));
      const shape = Buffer.from(
        Array.from({ length: 64 * 48 }, (_, i) => {
          const distance = Math.hypot((i % 64) + 0.5 - 32, Math.floor(i / 64) + 0.5 - 24);
          return Math.round(255 * Math.min(1, Math.max(0, 15.5 - distance)));
        }),
      );
      const colours = Buffer.from(
        [...shape].flatMap((opacity) =>
          [255, 0, 0].map((red, c) => Math.round((opacity * red + (255 - opacity) * background[c]!) / 255)),
        ),
      );
      // Straight alpha, as image editors write it: the edge has the colour of the disc.
      const rgba = Buffer.alloc(64 * 48 * 4);
      shape.forEach((opacity, i) => {
        const colour = opacity > 0 ? [255, 0, 0] : colours.subarray(3 * i, 3 * i + 3);
        rgba.set([...colour, opacity], 4 * i);
      });
      const file = await sharp(rgba, { raw: { width: 64, height: 48, channels: 4 } })
        .png()
        .toBuffer();
      const result = await upscale(file);
      const onWhite = await sharp(Buffer.from(result.data)).flatten({ background: 'white' }).raw().toBuffer();
      // Of red on white in any mixture, red is full; green and blue are equal.
      for (let i = 0; i < onWhite.length; i += 3) {
        const [r, g, b] = [onWhite[i]!, onWhite[i + 1]!, onWhite[i + 2]!];
        assert.ok(r > 255 - RIM && Math.abs(g - b) < RIM, `${r} ${g} ${b} at ${i / 3}`);
      }
      const alpha = await samples(result.data, 3);
      assert.deepEqual([alpha[0], alpha[256 * 96 + 128]], [0, 255]);
    });

  it('keeps greyscale and 16 bit', async () => {
    const grey = await metadata((await upscale(await pattern(32, 24, 1).png().toBuffer())).data);
    assert.deepEqual([grey.space, grey.channels], ['b-w', 1]);
    const see = await metadata((await upscale(await pattern(32, 24, 2).png().toBuffer())).data);
    assert.deepEqual([see.space, see.channels], ['b-w', 2]);
    const ramp = Uint16Array.from({ length: 32 * 24 * 3 }, (_, i) => i * 28);
    const deep = await sharp(ramp, { raw: { width: 32, height: 24, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    const result = await upscale(deep);
    assert.deepEqual([(await metadata(result.data)).depth, (await metadata(result.data)).space], ['ushort', 'rgb16']);
    const raw = await sharp(Buffer.from(result.data)).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
    assert.ok(new Set(new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2)).size > 3000);
    assert.equal((await metadata((await upscale(deep, { format: 'jpeg' })).data)).depth, 'uchar');
  });

  it('copies the colour profile without converting the samples', async () => {
    const plain = await samples((await upscale(await pattern(40, 24).png().toBuffer())).data);
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      for (const channels of [3, 4] as const) {
        const quality = { jpeg: {}, png: {}, webp: { lossless: channels === 4 } }[format];
        const file = await pattern(40, 24, channels)[format](quality).withIccProfile('p3').toBuffer();
        const before = await metadata(file);
        const { data } = await upscale(file);
        const after = await metadata(data);
        assert.ok(before.icc!.equals(after.icc!), format);
        assert.deepEqual([after.format, after.width, after.height], [format, 160, 96]);
        await sharp(Buffer.from(data), { failOn: 'warning' }).raw().toBuffer(); // the file is valid
      }
    }
    // The same samples tagged as P3 give the same samples.
    const untagged = await pattern(40, 24).png().toBuffer();
    const tagged = await sharp(untagged).withIccProfile('p3').png().toBuffer();
    const { data: swapped } = await upscale(await sharp(tagged, { ignoreIcc: true }).png().toBuffer());
    const { data: kept } = await upscale(tagged);
    assert.ok((await samples(kept)).equals(await samples(swapped)));
    assert.ok(!plain.equals(await samples(kept)));
  });

  it('copies EXIF in every format, with the new orientation and size', async () => {
    const said = {
      IFD0: { Make: 'Maker', Model: 'M 1', Copyright: '© The Author', Orientation: '6' },
      IFD2: { DateTimeOriginal: '2019:08:07 06:05:04', PixelXDimension: '40', PixelYDimension: '24' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 12/1' },
    };
    /** From the byte order mark on; the bytes before depend on the format. */
    const tiffOf = ({ exif }: sharp.Metadata): Buffer =>
      exif!.subarray(exif!.toString('latin1').search(/II\*\0|MM\0\*/));
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const written = pattern(40, 24).withMetadata({ orientation: 6, icc: 'p3' }).withExifMerge(said);
      const before = await metadata(await written.toFormat(format).toBuffer());
      for (const to of ['auto', 'jpeg', 'png', 'webp'] as const) {
        const file = await written.clone().toFormat(format).toBuffer();
        const { data } = await upscale(file, { format: to });
        const after = await metadata(data);
        assert.deepEqual([after.width, after.height, after.orientation], [96, 160, 1], `${format} to ${to}`);
        assert.ok(after.icc, 'beside the colour profile');
        await sharp(Buffer.from(data), { failOn: 'warning' }).stats(); // the file is complete
        for (const word of ['Maker', 'M 1', 'The Author', '2019:08:07 06:05:04'])
          assert.ok(after.exif!.includes(word), `${word}: ${format} to ${to}`);
        const [tiff, was] = [tiffOf(after), tiffOf(before)];
        assert.equal(tiff.length, was.length);
        const changed = [...tiff].filter((byte, i) => byte !== was[i]).length;
        assert.ok(changed > 0 && changed <= 18, `${changed} bytes differ`);
      }
    }
  });

  it('drops invalid EXIF', async () => {
    const good = await pattern(16, 16)
      .withExif({ IFD0: { Make: 'Maker' } })
      .jpeg()
      .toBuffer();
    const start = good.indexOf('Exif\0\0') + 6;
    good.writeUInt32LE(0xffffff, start + 4); // the first directory is outside the file
    good.writeUInt32BE(0xffffff, start + 4);
    const { data } = await upscale(good);
    assert.equal((await metadata(data)).exif, undefined);
  });

  it('converts a CMYK JPEG to RGB', async () => {
    const cmyk = await pattern(40, 24).toColourspace('cmyk').jpeg().toBuffer();
    assert.equal((await metadata(cmyk)).space, 'cmyk');
    const { data } = await upscale(cmyk);
    const { space, channels, hasProfile } = await metadata(data);
    assert.deepEqual([space, channels, hasProfile], ['srgb', 3, false]);
  });

  it('a smaller scale is the result of the model, scaled down', async () => {
    const { width, height, scale } = await upscale(await pattern(40, 24).png().toBuffer(), { scale: 2 });
    assert.deepEqual([width, height, scale], [80, 48, 2]);
    await assert.rejects(upscale(await pattern(8, 8).png().toBuffer(), { scale: 8 }), { code: 'BAD_SETTING' });
  });

  it('rejects damaged files with a code and a reason', async () => {
    const jpeg = await pattern(200, 160).jpeg().toBuffer();
    const png = await pattern(200, 160).png().toBuffer();
    const webp = await pattern(200, 160).webp().toBuffer();
    const half = (file: Buffer): Buffer => file.subarray(0, file.length >> 1);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    for (const [data, why] of [
      [Buffer.alloc(0), /empty/],
      [Buffer.from('hello, this is text'), /begins with the text "hello, this /],
      [svg, /begins with the text/],
      [Buffer.from('GIF89a\x01\0\x01\0'), /not a JPEG, PNG or WebP/],
      [half(jpeg), /JPEG image cannot be decoded/],
      [half(png), /PNG image cannot be decoded/],
      [half(webp), /WEBP image cannot be decoded/],
      [jpeg.subarray(0, 20), /JPEG image cannot be decoded/],
      [Buffer.concat([png.subarray(0, 8), Buffer.alloc(200, 7)]), /PNG image cannot be decoded/],
    ] as const)
      await assert.rejects(upscale(data), { code: 'IMAGE_UNREADABLE', message: why });
  });

  it('rejects a small file with a huge image by its header', async () => {
    const bomb = await sharp({ create: { width: 8000, height: 8000, channels: 3, background: 'red' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    assert.ok(bomb.length < 2 ** 18);
    await assert.rejects(upscale(bomb), { code: 'IMAGE_TOO_LARGE', message: /8000×8000/ });
    await assert.rejects(upscale(await pattern(64, 64).png().toBuffer(), { maxPixels: 4095 }), {
      code: 'IMAGE_TOO_LARGE',
    });
    await assert.rejects(upscale(bomb, { maxPixels: 2 ** 28 }), {
      code: 'IMAGE_TOO_LARGE',
      message: /output would be/,
    });
  });

  it('images do not wait for a video job, which goes on', async () => {
    let frames = 0;
    const video = worker.run(videoJob('long.mkv'), { onProgress: ({ frame }) => (frames = frame) });
    while (frames === 0) await sleep(20);
    const file = await pattern(64, 48).jpeg().toBuffer();
    const images = [];
    for (let i = 0; i < 5; i++) images.push(await upscale(file, { tile: 32, steps: 2 }));
    for (const image of images) assert.deepEqual(image.data, images[0]!.data);
    const between = frames;
    assert.ok(between < 400, 'the video job ended before the images');
    while (frames === between) await sleep(20);
    await video.stop();
  });

  it('a model in use is not closed when it is evicted', async () => {
    const file = await pattern(32, 24).png().toBuffer();
    let frames = 0;
    const video = worker.run(videoJob('busy.mkv'), { onProgress: ({ frame }) => (frames = frame) });
    for (const steps of [1, 2, 3, 4, 1]) await upscale(file, { steps, seed: steps });
    const between = frames;
    while (frames === between) await Promise.race([sleep(20), video.result]);
    await video.stop();
  });

  it('an aborted image request rejects at once', async () => {
    const stop = new AbortController();
    const large = upscale(await pattern(900, 700).jpeg().toBuffer(), { tile: 64 }, stop.signal);
    await sleep(600);
    stop.abort(new Error('enough'));
    await assert.rejects(large, /enough/);
    const { ms } = await upscale(await pattern(16, 16).png().toBuffer());
    assert.ok(ms < 20_000);
  });

  it('after a crash the image fails and the next one works', async () => {
    const file = await pattern(600, 400).jpeg().toBuffer();
    const lost = upscale(file, { tile: 64 });
    await sleep(300);
    process.kill(worker.pid!, 'SIGKILL');
    await assert.rejects(lost, { code: 'ENGINE_CRASHED' });
    assert.equal((await upscale(await pattern(16, 16).png().toBuffer())).width, 64);
  });
});
