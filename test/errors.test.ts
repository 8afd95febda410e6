import assert from 'node:assert/strict';
import { closest, errorRecord, printable, printableLines, RemasterError } from '../src/errors';

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

describe('messages', () => {
  it('of bugs, too, and lines stay lines', () => {
    assert.equal(errorRecord(new Error('a\u001b[2Jb')).message, 'a\\u001b[2Jb');
    assert.equal(printableLines('one\r\ntwo\u001b[2J\nthree'), 'one\ntwo\\u001b[2J\nthree');
  });

  it('show control characters of file names, which a terminal would obey', () => {
    const name = 'a\nb\tc\u001b[31m\u007f\u0085\u202e\\ é 影 😀';
    assert.equal(printable(name), 'a\\nb\\tc\\u001b[31m\\u007f\\u0085\\u202e\\ é 影 😀');
    const error = new RemasterError('SOURCE_NOT_FOUND', `${name} is gone.`, { remedy: name, detail: 'two\nlines' });
    assert.deepEqual(
      [error.message, error.remedy, error.detail],
      [`${printable(name)} is gone.`, printable(name), 'two\nlines'],
    );
    assert.equal(RemasterError.from(error.toJSON()).message, error.message);
  });
});
