import assert from 'node:assert/strict';
import { noiseLevel } from '../../../../src/pipeline/media/traits/noiseLevel';

/** Pseudo-random numbers with a standard deviation of one: sums of twelve uniform ones. */
function* normal(): Generator<number> {
  let state = 1;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (;;) yield Array.from({ length: 12 }, uniform).reduce((sum, one) => sum + one, -6);
}

/** A frame of 160×128 with noise. */
function frame(level: number, brightness: (x: number, y: number) => number = (x) => 64 + x / 2) {
  const [width, height, noise] = [160, 128, normal()];
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    Math.min(255, Math.max(0, Math.round(brightness(i % width, Math.floor(i / width)) + level * noise.next().value!))),
  );
  return { width, height, data };
}

describe('noiseLevel', () => {
  for (const level of [2, 5, 10, 20]) {
    it(`finds noise of ${level} on a slope, a little less`, () => {
      const found = noiseLevel(frame(level))!;
      assert.ok(found > 0.8 * level && found < 1.05 * level, String(found));
    });
  }

  it('does not take texture in most of a frame for noise', () => {
    const texture = (x: number, y: number): number => (x > 48 ? 128 + 60 * ((x ^ y) & 1) : 128);
    const found = noiseLevel(frame(3, texture))!;
    assert.ok(found > 2 && found < 3.5, String(found));
  });

  it('a slope without noise has none, or that of rounding', () => {
    assert.ok(noiseLevel(frame(0))! < 0.7);
    assert.equal(noiseLevel(frame(0, () => 100)), 0);
  });

  it('black, white and tiny frames say nothing', () => {
    for (const brightness of [0, 16, 240, 255]) assert.equal(noiseLevel(frame(1, () => brightness)), null);
    assert.equal(noiseLevel({ width: 32, height: 32, data: new Uint8Array(1024).fill(128) }), null);
    assert.equal(noiseLevel({ width: 1, height: 1, data: new Uint8Array(1) }), null);
  });

  it('black bars beside the frame do not count', () => {
    const barred = (x: number, y: number): number => (y < 16 || y > 112 ? 0 : 64 + x / 2);
    const found = noiseLevel(frame(6, barred))!;
    assert.ok(found > 4.8 && found < 6.3, String(found));
  });
});
