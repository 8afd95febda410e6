import assert from 'node:assert/strict';
import { jumpDetector } from '../../../../src/pipeline/media/gaps/jumpDetector';

describe('jumpDetector', () => {
  /** `at by` of each jump. */
  function jumps(...times: readonly number[]): string[] {
    const detector = jumpDetector();
    times.forEach((time) => detector.add(time));
    return detector.found.map(({ at, by }) => `${at.toFixed(1)} ${by.toFixed(1)}`);
  }

  it('more than a tenth of a second back, and more than ten forward', () => {
    assert.deepEqual(jumps(5, 6, 16, 15.9, 16), []);
    assert.deepEqual(jumps(0.1, 0), []);
    assert.deepEqual(jumps(5, 6, 5.89), ['1.0 -0.1']);
    assert.deepEqual(jumps(5, 6, 16.1), ['1.0 10.1']);
    assert.deepEqual(jumps(5, 6, 0, 1, 2, 0), ['1.0 -6.0', '3.0 -2.0']);
  });

  it('a clock of 33 bits that begins again does not jump', () => {
    const end = 2 ** 33 / 90_000;
    assert.deepEqual(jumps(end - 1, end - 0.5, 0.5), []);
    assert.deepEqual(jumps(end / 2, 0), [`0.0 ${(-end / 2).toFixed(1)}`]);
    assert.deepEqual(jumps(end * 0.45, end * 0.05), [`0.0 ${(-end * 0.4).toFixed(1)}`]);
    assert.deepEqual(jumps(end - 1, end - 0.5, 30), ['0.5 30.5']);
  });
});
