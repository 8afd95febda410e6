import assert from 'node:assert/strict';
import { closest } from '../src/errors';

describe('closest', () => {
  const models = ['inpaint', 'restore', 'x2', 'x4', 'x4-live'];
  for (const [word, expected] of [
    ['x4-lve', 'x4-live'],
    ['restroe', 'restore'],
    ['Restore', 'restore'],
    ['x3', 'x2'],
    ['nothing', null],
    ['', null],
  ] as const)
    it(`${JSON.stringify(word)}: ${expected}`, () => assert.equal(closest(word, models), expected));
  it('returns null if nothing is known', () => assert.equal(closest('x4', []), null));
});
