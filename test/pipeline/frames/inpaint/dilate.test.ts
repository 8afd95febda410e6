import assert from 'node:assert/strict';
import { dilate } from '../../../../src/pipeline/frames/inpaint/dilate';

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
});
