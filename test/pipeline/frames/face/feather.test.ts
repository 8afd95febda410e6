import assert from 'node:assert/strict';
import { feather, featherAt } from '../../../../src/pipeline/frames/face/feather';

describe('feather', () => {
  for (const side of [64, 512]) {
    it(`fades from 0 at the edge to 1 inside and is symmetric, ${side} pixels`, () => {
      const profile = feather(side);
      const edge = Math.round(side / 20);
      assert.ok(profile[0]! > 0 && profile[0]! < 0.03, `${profile[0]}`);
      assert.ok(Math.abs(profile[edge]! - 0.5) < 0.15, 'the middle of the fade lies where the eroded square ends');
      for (let i = 2 * edge; i < side - 2 * edge; i++) assert.ok(Math.abs(profile[i]! - 1) < 1e-12);
      for (let i = 1; i <= 2 * edge; i++) assert.ok(profile[i]! > profile[i - 1]! - 1e-15);
      for (let i = 0; i < side; i++) assert.ok(Math.abs(profile[i]! - profile[side - 1 - i]!) < 1e-12);
    });
  }

  it('is interpolated between two pixels, and 0 outside', () => {
    const profile = feather(64);
    assert.equal(featherAt(profile, 2), profile[2]);
    assert.equal(featherAt(profile, 63), profile[63]);
    assert.ok(Math.abs(featherAt(profile, 2.5) - (profile[2]! + profile[3]!) / 2) < 1e-12);
    for (const at of [-0.01, 63.01, NaN]) assert.equal(featherAt(profile, at), 0);
  });
});
