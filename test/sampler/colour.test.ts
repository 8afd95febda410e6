import assert from 'node:assert/strict';
import { adain, blur, fixBytes, lowFrequencies, statistics, wavelet } from './reference/colour';
import { close, golden, map, type Stored, tensor } from './golden';

interface Numbers {
  readonly content_mean: readonly number[];
  readonly content_std: readonly number[];
  readonly adain?: Stored;
  readonly wavelet?: Stored;
  readonly wavelet_low?: Stored;
  readonly wavelet_high?: Stored;
  readonly wavelet_blur_radius1?: Stored;
  readonly wavelet_blur_radius4?: Stored;
}

interface Pictures {
  readonly float: readonly {
    readonly content: Stored;
    readonly style: Stored;
    readonly f64: Numbers;
    readonly f32: Numbers;
  }[];
  readonly pil: readonly Readonly<Record<'target_u8_hwc' | 'source_u8_hwc' | 'adain_u8' | 'wavelet_u8', Stored>>[];
}

const pictures = golden<Pictures>('colorfix');

for (const { content, style, ...runs } of pictures.float) {
  for (const precision of ['f64', 'f32'] as const) {
    it(`the colour fixes of ${content.shape.join('×')} are the official ones, ${precision}`, () => {
      const [picture, reference] = [tensor(content, precision), tensor(style, precision)];
      const expected = runs[precision];
      const check = (what: string, actual: ArrayLike<number>, official?: Stored) =>
        official && close(actual, official.data, precision === 'f64' ? 1e-9 : 2e-6, what);
      const channels = statistics(picture);
      close(
        channels.map(({ mean }) => mean),
        expected.content_mean,
        1e-6,
        'mean',
      );
      close(
        channels.map(({ deviation }) => deviation),
        expected.content_std,
        1e-6,
        'deviation',
      );
      const low = lowFrequencies(picture);
      check('adain', adain(picture, reference).data, expected.adain);
      check('wavelet', wavelet(picture, reference).data, expected.wavelet);
      check('low', low.data, expected.wavelet_low);
      check('high', map(picture, (v, i) => v - low.data[i]!).data, expected.wavelet_high);
      check('blur 1', blur(picture, 1).data, expected.wavelet_blur_radius1);
      check('blur 4', blur(picture, 4).data, expected.wavelet_blur_radius4);
    });
  }
}

for (const [name, fix] of [
  ['adain', adain],
  ['wavelet', wavelet],
] as const) {
  it(`the ${name} fix of 8-bit pictures is the official one, cut off instead of rounded`, () => {
    for (const stored of pictures.pil) {
      const [picture, reference] = [stored.target_u8_hwc, stored.source_u8_hwc].map(({ data }) =>
        Uint8Array.from(data),
      );
      const width = stored.target_u8_hwc.shape[1]!;
      const expected = stored[`${name}_u8`].data;
      const fixed = fixBytes(fix, picture!, reference!, width);
      const off = fixed.reduce((count, v, i) => count + Number(v !== expected[i]), 0);
      // A value on the edge between two bytes may fall to the other side.
      assert.ok(off <= 1, `${off} bytes differ`);
      for (const [i, v] of fixed.entries()) assert.ok(Math.abs(v - expected[i]!) <= 1);
    }
  });
}

it('a picture fixed towards itself stays itself', () => {
  for (const { content } of pictures.float) {
    const picture = tensor(content);
    close(adain(picture, picture).data, picture.data, 1e-12, 'adain');
    close(wavelet(picture, picture).data, picture.data, 1e-12, 'wavelet');
  }
});

it('adain takes over mean and deviation', () => {
  const [picture, reference] = [pictures.float[0]!.content, pictures.float[0]!.style].map((stored) => tensor(stored));
  const [fixed, wanted] = [statistics(adain(picture!, reference!)), statistics(reference!)];
  close(
    fixed.map(({ mean }) => mean),
    wanted.map(({ mean }) => mean),
    1e-9,
    'mean',
  );
  close(
    fixed.map(({ deviation }) => deviation),
    wanted.map(({ deviation }) => deviation),
    1e-4,
    'deviation',
  );
});
