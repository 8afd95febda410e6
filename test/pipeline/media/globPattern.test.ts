import assert from 'node:assert/strict';
import { globEscaped, patternOfKept } from '../../../src/pipeline/media/globPattern';

/** What a pattern matches, as glob(3) with alternatives does: alternative by alternative, each sorted. */
function matched(pattern: string, names: readonly string[]): string[] {
  const [, before = pattern, inside] = /^((?:\\.|[^\\{])*)\{(.*)\}$/s.exec(pattern) ?? [];
  const alternatives = inside === undefined ? [''] : inside.split(/(?<!\\),/);
  const regular = (glob: string): RegExp =>
    new RegExp(
      `^${glob.replace(/\\(.)|\[\d-\d\]|\*|./gs, (part, escaped: string | undefined) => {
        if (escaped !== undefined) return escaped.replace(/[^\w]/g, '\\$&');
        if (part === '*') return '.*';
        return part.startsWith('[') ? part : part.replace(/[^\w]/g, '\\$&');
      })}\\.png$`,
      's',
    );
  return alternatives.flatMap((one) => names.filter((name) => regular(before + one).test(`${name}.png`)));
}

describe('patternOfKept', () => {
  const numbered = (count: number, digits: number): string[] =>
    Array.from({ length: count }, (_, i) => `f_${String(i + 1).padStart(digits, '0')}`);
  const without = (names: readonly string[], ...others: readonly string[]): string =>
    patternOfKept(names, (name) => !others.includes(name));

  it('neighbours are one alternative', () => {
    assert.equal(without(numbered(20, 4), 'f_0009'), 'f_00{0[1-8]*,[1-2]*}');
    assert.equal(without(numbered(20, 4)), 'f_00*');
    assert.equal(without(['a', 'b'], 'a'), 'b');
    assert.ok(without(numbered(123_456, 6), 'f_045678').length < 120);
  });

  for (const [what, names, others] of [
    ['the first', numbered(30, 2), ['f_01']],
    ['the last', numbered(30, 2), ['f_30']],
    ['neighbours', numbered(30, 2), ['f_09', 'f_10', 'f_11']],
    ['many', numbered(345, 3), ['f_001', 'f_100', 'f_199', 'f_200', 'f_233', 'f_345']],
    ['names of different lengths', ['a', 'a-1', 'a.', 'a..', 'a.b', 'a1', 'a10', 'a11', 'b'], ['a', 'a.', 'a10']],
    ['names that end where others go on', ['1', '1.2', '1.3', '12', '13'], ['1.2']],
    ['special letters', ['[x]', 'a*', 'a,b', 'a{b}', 'a\\b', 'ü映'], ['a*']],
    ['one of one', ['x'], []],
  ] as const)
    it(`without ${what}: all others, in order`, () => {
      const sorted = names.map((name) => `${name}.png`).toSorted();
      const stems = sorted.map((name) => name.slice(0, -4));
      const pattern = without(stems, ...others);
      assert.deepEqual(
        matched(pattern, stems),
        stems.filter((name) => !(others as readonly string[]).includes(name)),
        pattern,
      );
    });

  it('letters that mean something are escaped', () =>
    assert.equal(globEscaped('a*[?]{,}\\b'), 'a\\*\\[\\?\\]\\{\\,\\}\\\\b'));
});
