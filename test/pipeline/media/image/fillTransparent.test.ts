import assert from 'node:assert/strict';
import { fillTransparent } from '../../../../src/pipeline/media/image/fillTransparent';

const NO_METADATA = { xmp: null, texts: [], density: null };

describe('fillTransparent', () => {
  /** An image of one row; `colours`: the red sample of each pixel. */
  const row = (colours: readonly number[], alpha: readonly number[] | null, depth: 8 | 16 = 8) => {
    const Samples = depth === 8 ? Uint8Array : Uint16Array;
    const bytes = (samples: readonly number[]) => new Uint8Array(Samples.from(samples).buffer);
    return {
      ...{
        width: colours.length,
        height: 1,
        depth,
        isGrey: false,
        format: 'png' as const,
        profile: null,
        exif: null,
        ...NO_METADATA,
      },
      data: bytes(colours.flatMap((red) => [red, 0, 255 - (red % 256)])),
      alpha: alpha && bytes(alpha),
    } as const;
  };
  const reds = (data: Uint8Array): number[] => [...data].filter((_, i) => i % 3 === 0);

  it('gives transparent pixels the colour of visible ones nearby, and keeps those', () => {
    const image = row([9, 9, 200, 100, 9, 9, 9, 50], [0, 0, 1, 255, 0, 0, 0, 255]);
    const filled = fillTransparent(image);
    assert.deepEqual(reds(filled), [150, 150, 200, 100, 50, 50, 50, 50]);
    assert.deepEqual([...filled.subarray(0, 3)], [150, 0, 105]);
    assert.equal(image.data[0], 9, 'the source is unchanged');
  });

  it('works in both directions, with odd sides', () => {
    const [width, height] = [7, 5];
    const data = new Uint8Array(3 * width * height);
    const alpha = new Uint8Array(width * height);
    alpha[4 * width + 6] = 255;
    data.set([10, 20, 30], 3 * (4 * width + 6));
    const filled = fillTransparent({ ...row([0], [0]), width, height, data, alpha });
    for (let i = 0; i < filled.length; i += 3) assert.deepEqual([...filled.subarray(i, i + 3)], [10, 20, 30]);
  });

  it('works with 16 bits', () => {
    const filled = fillTransparent(row([1, 60_000], [0, 256], 16));
    assert.deepEqual(reds(new Uint8Array(new Uint16Array(filled.buffer).map((sample) => sample / 256))), [234, 234]);
  });

  it('returns the very samples when nothing, or everything, is transparent', () => {
    for (const alpha of [null, [1, 255], [0, 0]]) {
      const image = row([1, 2], alpha);
      assert.equal(fillTransparent(image), image.data);
    }
  });
});
