import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { dilate } from '../../../../src/pipeline/frames/inpaint/dilate';

/** A pixel is masked if one within `by` pixels is. */
function slowly(mask: Uint8Array, width: number, height: number, by: number): Uint8Array {
  return mask.map((_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let row = Math.max(0, y - by); row <= Math.min(height - 1, y + by); row++)
      for (let column = Math.max(0, x - by); column <= Math.min(width - 1, x + by); column++)
        if (mask[row * width + column] === 255) return 255;
    return 0;
  });
}

describe('dilate', () => {
  /** Rows of `.` and `#`. */
  const grown = (rows: readonly string[], by: number): string[] => {
    const [width, height] = [rows[0]!.length, rows.length];
    const mask = Uint8Array.from(rows.join(''), (c) => (c === '#' ? 255 : 0));
    dilate(mask, width, height, by);
    return Array.from({ length: height }, (_, y) =>
      Array.from(mask.subarray(y * width, (y + 1) * width), (v) => (v === 255 ? '#' : '.')).join(''),
    );
  };

  it('expands in all directions, including diagonals', () => {
    assert.deepEqual(grown(['......', '......', '..#...', '......', '......'], 1), ['......', '.###..', '.###..', '.###..', '......']); // prettier-ignore
  });

  it('stops at the edges without wrapping around', () => {
    assert.deepEqual(grown(['#...', '....', '...#'], 1), ['##..', '####', '..##']);
    assert.deepEqual(grown(['..#'], 5), ['###']);
  });

  it('by 0 changes nothing', () => {
    assert.deepEqual(grown(['#.', '.#'], 0), ['#.', '.#']);
  });

  it('masks all pixels within so many of a masked one', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.boolean(), { minLength: 144, maxLength: 144 }),
        fc.boolean(),
        (width, height, by, marks, isSparse) => {
          const mask = Uint8Array.from({ length: width * height }, (_, i) =>
            marks[i] && (!isSparse || i % 5 === 0) ? 255 : 0,
          );
          const expected = slowly(mask, width, height, by);
          dilate(mask, width, height, by);
          assert.deepEqual(mask, expected);
        },
      ),
    ));
});
