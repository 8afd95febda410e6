import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseInput } from '../../src/batch/parseInput';
import { scratchFolder } from '../support/videos';

describe('an input of a batch', () => {
  const there = join(scratchFolder(), 'a=b');
  before(() => writeFileSync(there, ''));
  for (const [text, path, preset] of [
    ['tapes', 'tapes', null],
    ['tapes=vhs-pal', 'tapes', 'vhs-pal'],
    ['tapes/**/*.mov=dv', 'tapes/**/*.mov', 'dv'],
    ['tapes=presets/mine.json', 'tapes', 'presets/mine.json'],
    ['a=b=dv', 'a=b', 'dv'],
    ['year=1990/tape.mov', 'year=1990/tape.mov', null],
  ] as const)
    it(`${text} is ${path}, ${preset === null ? 'without a preset' : `with ${preset}`}`, () =>
      assert.deepEqual(parseInput(text), { path, preset }));
  it('that exists is a path, also with an equals sign', () =>
    assert.deepEqual(parseInput(there), { path: there, preset: null }));
});
