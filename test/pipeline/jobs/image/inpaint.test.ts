import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { createEngine, type ImageOptions, restore, upscaleImage } from '../../../../src/index';
import { pattern } from '../../../support/images';
import { root } from '../../../support/root';
import { writeHoles } from '../../../support/tinyBundle';
import { ff, pixels, scratchFolder } from '../../../support/videos';

const [WIDTH, HEIGHT] = [96, 64];

describe('upscaleImage with an inpainting model', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const engine = createEngine();
  let model: string;
  let image: Buffer;

  /** White from column `x` on, `columns` wide. */
  const stripe = (x: number, columns: number, width = WIDTH, height = HEIGHT): Promise<Buffer> =>
    sharp(
      Buffer.from(
        Array.from({ length: width * height }, (_, i) => (i % width >= x && i % width < x + columns ? 255 : 0)),
      ),
      { raw: { width, height, channels: 1 } },
    )
      .png()
      .toBuffer();
  const inpaint = async (options: ImageOptions, from = image): Promise<Buffer> => {
    const settings = { model, provider: 'cpu', format: 'png', ...options } as const;
    const { data } = await upscaleImage(from, settings, { engine });
    return sharp(data).removeAlpha().raw().toBuffer();
  };
  /** Columns in which a pixel has changed. */
  const changed = async (result: Buffer): Promise<number[]> => {
    const before = await sharp(image).removeAlpha().raw().toBuffer();
    assert.equal(result.length, before.length);
    const columns = new Set<number>();
    for (let i = 0; i < before.length; i++) if (before[i] !== result[i]) columns.add(Math.floor(i / 3) % WIDTH);
    return [...columns].toSorted((a, b) => a - b);
  };

  before(async () => {
    model = await writeHoles(at('holes'));
    image = await pattern(WIDTH, HEIGHT).png().toBuffer();
    writeFileSync(at('image.png'), image);
    writeFileSync(at('mask.png'), await stripe(40, 3));
  });
  after(() => engine.close());

  it('fills the white part of the mask; all other pixels are bit-identical', async () => {
    assert.deepEqual(await changed(await inpaint({ mask: await stripe(40, 3) })), [40, 41, 42]);
    assert.deepEqual(await changed(await inpaint({ mask: await stripe(40, 3), maskGrow: 1 })), [39, 40, 41, 42, 43]);
  });

  it('is the same as a video with this single frame', async () => {
    await ff('-i', at('image.png'), '-pix_fmt', 'gbrp', '-c:v', 'ffv1', at('one.mkv'));
    const job = { input: at('one.mkv'), output: at('out.mkv'), mask: at('mask.png'), model, codec: 'ffv1' } as const;
    await restore({ ...job, provider: 'cpu' }, { engine });
    assert.ok((await inpaint({ mask: readFileSync(at('mask.png')) })).equals(await pixels(at('out.mkv'))));
  });

  it('takes a mask of another size but the same shape, and a colour', async () => {
    const columns = await changed(await inpaint({ mask: await stripe(80, 6, 2 * WIDTH, 2 * HEIGHT) }));
    assert.ok(columns.includes(41) && columns[0]! >= 39 && columns.at(-1)! <= 43, columns.join());
    const green = await sharp(image)
      .composite([
        { input: { create: { width: 5, height: HEIGHT, channels: 3, background: '#00ff00' } }, left: 20, top: 0 },
      ])
      .png()
      .toBuffer();
    const filled = await inpaint({ maskColor: '#00ff00', maskGrow: 0 }, green);
    const isGreen = (i: number): boolean => filled[3 * i] === 0 && filled[3 * i + 1] === 255 && filled[3 * i + 2] === 0;
    assert.ok(!Array.from({ length: WIDTH * HEIGHT }, (_, i) => i).some(isGreen));
  });

  it('takes a mask in every form of an image', async () => {
    const mask = sharp(await stripe(40, 3));
    const grey = await mask.clone().toColourspace('b-w').raw().toBuffer();
    const size = { width: WIDTH, height: HEIGHT } as const;
    /** White, with the mask as its alpha. */
    const cut = sharp({ create: { ...size, channels: 3, background: 'white' } }).joinChannel(grey, {
      raw: { ...size, channels: 1 },
    });
    const forms: Readonly<Record<string, NonNullable<ImageOptions['mask']>>> = {
      rgb: await mask.clone().toColourspace('srgb').png().toBuffer(),
      palette: await mask.clone().png({ palette: true, colours: 2 }).toBuffer(),
      'white under transparency': await cut.clone().png().toBuffer(),
      'white under transparency, 16 bits': await sharp(
        Uint16Array.from({ length: 4 * grey.length }, (_, i) => (i % 4 === 3 ? 257 * grey[i >> 2]! : 65535)),
        { raw: { ...size, channels: 4 } },
      )
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
      'grey, 16 bits': await mask.clone().toColourspace('grey16').png().toBuffer(),
      webp: await mask.clone().webp({ lossless: true }).toBuffer(),
      pixels: { kind: 'pixels', data: grey, ...size, channels: 1 },
      'an ArrayBuffer': new Uint8Array(await stripe(40, 3)).buffer,
    };
    for (const [form, given] of Object.entries(forms))
      assert.deepEqual(await changed(await inpaint({ mask: given })), [40, 41, 42], form);
  });

  it('stretches a mask whose shape differs by less than a pixel, and changes nothing with a black one', async () => {
    const whole = await inpaint({ mask: await stripe(0, WIDTH) });
    const narrow = await stripe(0, 47, 47, 32);
    assert.ok((await inpaint({ mask: narrow })).equals(whole));
    assert.deepEqual(await changed(await inpaint({ mask: await stripe(0, 0) })), []);
  });

  it('refuses what does not fit, each with its cure', async () => {
    const noImage = 'mask.png' as unknown as Buffer;
    const cases = [
      [{}, 'BAD_SETTING', /needs a mask or a mask colour/, /--mask; .* msg\.mask .*--mask-color/],
      [
        { mask: await stripe(0, 1, 96, 96) },
        'MASK_INVALID',
        /96×96 and the image 96×64: the aspect ratios differ/,
        /Draw/,
      ],
      [{ mask: Buffer.from('no image') }, 'MASK_INVALID', /^The mask cannot be used: the data is not a JPEG/, /PNG/],
      [{ mask: Buffer.alloc(0) }, 'MASK_INVALID', /^The mask cannot be used: the image is empty/, /PNG/],
      [{ mask: noImage }, 'MASK_INVALID', /^The mask cannot be used: the image has no bytes/, /Pass a Buffer/],
      [
        { mask: await stripe(0, 1, 960, 640), maxPixels: 1e4 },
        'MASK_INVALID',
        /^The mask .*960×640.*limit/,
        /Use a smaller/,
      ],
      [{ mask: await stripe(40, 3), maskColor: '#ff0000' }, 'BAD_SETTING', /cannot be combined/, /Omit one/],
      [{ mask: await stripe(40, 3), model: 'x2' }, 'BAD_SETTING', /applies only to inpainting models/, /Omit the mask/],
    ] as const;
    for (const [options, code, message, remedy] of cases)
      await assert.rejects(inpaint(options), { code, message, remedy });
  });

  it('remaster image --mask takes a file or a colour', async () => {
    const main = join(root, 'dist', 'src', 'cli', 'main.js');
    const run = (...args: string[]) =>
      spawnSync(
        process.execPath,
        [main, 'image', at('image.png'), at('cli.png'), '--model', model, '--overwrite', ...args],
        {
          encoding: 'utf8',
        },
      );
    const { status, stderr } = run('--mask', at('mask.png'), '--provider', 'cpu');
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      await changed(
        await sharp(readFileSync(at('cli.png')))
          .removeAlpha()
          .raw()
          .toBuffer(),
      ),
      [40, 41, 42],
    );
    const colour = run('--mask', '#010203', '--mask-grow', '0', '--provider', 'cpu');
    assert.equal(colour.status, 0, colour.stderr);
    assert.match(run('--mask', folder).stderr, /SOURCE_UNREADABLE.* is a folder, not an image/);
    const same = run('--mask', at('cli.png'));
    assert.notEqual(same.status, 0);
    assert.match(same.stderr, /OUTPUT_|source/);
  });
});
