import assert from 'node:assert/strict';
import { sceneCuts } from '../../../src/pipeline/media/sceneCuts';

describe('sceneCuts', () => {
  /** A frame of soft stripes moved by `shift`, at brightness `level`. */
  function frame(pts: number, level: number, shift = 0, depth: 8 | 16 = 8) {
    const [width, height] = [96, 54];
    const data = new Uint8Array((width * height * 3 * depth) / 8);
    for (let i = 0; i < width * height * 3; i++) {
      const value = level + 20 * Math.sin(((i / 3) % width) / 9 + shift);
      if (depth === 8) data[i] = value;
      else data[i * 2 + 1] = value;
    }
    return { pts, width, height, depth, data };
  }

  for (const depth of [8, 16] as const) {
    it(`a cut starts a shot, ${depth} bit`, () => {
      const mark = sceneCuts();
      const video = [40, 41, 40, 220, 221, 220, 50].map((level, i) => mark(frame(100 + i * 10, level, 0, depth)));
      assert.deepEqual(video, [100, 100, 100, 130, 130, 130, 160]);
    });
  }
  it('a pan and a slow fade are one shot', () => {
    const mark = sceneCuts();
    for (let i = 0; i < 30; i++) assert.equal(mark(frame(i, 40 + i * 5, i / 3)), 0);
  });
  it('accepts frames of one pixel', () => {
    const mark = sceneCuts();
    assert.equal(mark({ pts: 7, width: 1, height: 1, depth: 8, data: Uint8Array.of(1, 2, 3) }), 7);
  });
});
