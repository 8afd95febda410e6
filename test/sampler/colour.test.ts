import assert from 'node:assert/strict';
import { close, golden, map, type Stored, tensor } from './golden';
import { adain, blur, fixBytes, lowFrequencies, statistics, wavelet } from './reference/colour';

describe('colour', () => {
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

  interface Cases {
    readonly float: readonly {
      readonly content: Stored;
      readonly style: Stored;
      readonly f64: Numbers;
      readonly f32: Numbers;
    }[];
    readonly pil: readonly Readonly<Record<'target_u8_hwc' | 'source_u8_hwc' | 'adain_u8' | 'wavelet_u8', Stored>>[];
  }

  const cases = golden<Cases>('colorfix');

  for (const { content, style, ...runs } of cases.float) {
    for (const precision of ['f64', 'f32'] as const) {
      it(`the colour fixes of ${content.shape.join('×')} match the official ones, ${precision}`, () => {
        const [image, reference] = [tensor(content, precision), tensor(style, precision)];
        const expected = runs[precision];
        const check = (what: string, actual: ArrayLike<number>, official?: Stored) =>
          official && close(actual, official.data, precision === 'f64' ? 1e-9 : 2e-6, what);
        const channels = statistics(image);
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
        const low = lowFrequencies(image);
        check('adain', adain(image, reference).data, expected.adain);
        check('wavelet', wavelet(image, reference).data, expected.wavelet);
        check('low', low.data, expected.wavelet_low);
        check('high', map(image, (v, i) => v - low.data[i]!).data, expected.wavelet_high);
        check('blur 1', blur(image, 1).data, expected.wavelet_blur_radius1);
        check('blur 4', blur(image, 4).data, expected.wavelet_blur_radius4);
      });
    }
  }

  for (const [name, fix] of [
    ['adain', adain],
    ['wavelet', wavelet],
  ] as const) {
    it(`the ${name} fix of 8-bit images matches the official one, truncated instead of rounded`, () => {
      for (const stored of cases.pil) {
        const [image, reference] = [stored.target_u8_hwc, stored.source_u8_hwc].map(({ data }) =>
          Uint8Array.from(data),
        );
        const width = stored.target_u8_hwc.shape[1]!;
        const expected = stored[`${name}_u8`].data;
        const fixed = fixBytes(fix, image!, reference!, width);
        const off = fixed.reduce((count, v, i) => count + Number(v !== expected[i]), 0);
        // A value at the boundary between two bytes may be rounded differently.
        assert.ok(off <= 1, `${off} bytes differ`);
        for (const [i, v] of fixed.entries()) assert.ok(Math.abs(v - expected[i]!) <= 1);
      }
    });
  }

  it('an image with itself as the reference is unchanged', () => {
    for (const { content } of cases.float) {
      const image = tensor(content);
      close(adain(image, image).data, image.data, 1e-12, 'adain');
      close(wavelet(image, image).data, image.data, 1e-12, 'wavelet');
    }
  });

  it('adain transfers mean and standard deviation', () => {
    const [image, reference] = [cases.float[0]!.content, cases.float[0]!.style].map((stored) => tensor(stored));
    const [fixed, wanted] = [statistics(adain(image!, reference!)), statistics(reference!)];
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
});
