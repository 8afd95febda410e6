import assert from 'node:assert/strict';
import { evenTimes } from '../../../src/pipeline/media/evenTimes';
import type { ClockJump } from '../../../src/pipeline/media/gaps/jumpDetector';

/** What frames with these times in milliseconds get, at 25 frames per second, and `at by` of each jump. */
async function even(...given: readonly (number | null)[]) {
  const jumps: ClockJump[] = [];
  const rest = [...given];
  const info = { timeBase: { num: 1, den: 1000 }, framesPerSecond: 25 };
  const times = evenTimes(info, { next: async () => rest.shift() }, (jump) => jumps.push(jump));
  const got: number[] = [];
  for (let time = await times.next(); time !== undefined; time = await times.next()) got.push(time);
  return { got, jumps: jumps.map(({ at, by }) => `${at} ${by}`) };
}

describe('evenTimes', () => {
  it('are those of the frames; equal, earlier and missing ones get the next free tick', async () => {
    assert.deepEqual(await even(5, 40, 40, 80), { got: [5, 40, 41, 80], jumps: [] });
    assert.deepEqual(await even(null, null, 90, 60), { got: [0, 40, 90, 91], jumps: [] });
  });

  it('a pause stays, also before two frames with one time', async () => {
    assert.deepEqual(await even(0, 20_000, 20_040), { got: [0, 20_000, 20_040], jumps: [] });
    assert.deepEqual((await even(0, 20_000, 20_000, 20_040)).got, [0, 40, 80, 20_040]);
    assert.deepEqual(await even(0, 10_000, 10_000), { got: [0, 10_000, 10_001], jumps: [] });
    assert.deepEqual(await even(0, 20_000), { got: [0, 20_000], jumps: [] });
  });

  it('a time that is far too late, which ffmpeg gives all frames behind it, is not used', async () => {
    const found = await even(0, 50, 536_871_000, 536_871_000, 536_871_000, 536_871_000);
    assert.deepEqual(found, { got: [0, 50, 100, 150, 200, 250], jumps: ['0.05 536870.95'] });
  });
});
