import assert from 'node:assert/strict';
import { shrink } from '../../../src/pipeline/frames/shrink';

describe('shrink', () => {
  const grey = (width: number, values: readonly number[]) => ({
    ...{ width, height: values.length / width },
    data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
  });
  const shades = ({ data }: { readonly data: Uint8Array }): number[] => [...data].filter((_, i) => i % 3 === 0);

  it('takes the mean of each area, rounded', () => {
    const frame = grey(4, [0, 10, 20, 30, 2, 12, 22, 33]);
    assert.deepEqual(shades(shrink(frame, { width: 2, height: 1 })), [6, 26]);
    assert.deepEqual(shades(shrink(frame, { width: 4, height: 2 })), [0, 10, 20, 30, 2, 12, 22, 33]);
  });

  it('shares pixels that lie on a border', () => {
    const frame = grey(3, [0, 90, 180]);
    assert.deepEqual(shades(shrink(frame, { width: 2, height: 1 })), [30, 150]);
    const tall = { ...frame, width: 1, height: 3 };
    assert.deepEqual(shades(shrink(tall, { width: 1, height: 2 })), [30, 150]);
  });

  it('keeps the colours apart, and one colour unchanged', () => {
    const data = Uint8Array.from({ length: 37 * 23 * 3 }, (_, i) => [255, 128, 1][i % 3]!);
    const small = shrink({ width: 37, height: 23, data }, { width: 10, height: 6 });
    assert.deepEqual([small.width, small.height, small.data.length], [10, 6, 180]);
    assert.ok(small.data.every((value, i) => value === [255, 128, 1][i % 3]));
  });
});
