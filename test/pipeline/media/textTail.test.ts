import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { TextTail } from '../../../src/pipeline/media/textTail';

describe('textTail', () => {
  it('keeps the end, and counts all lines', async () => {
    const stream = new PassThrough();
    const tail = new TextTail(stream, 10);
    assert.deepEqual([tail.text, tail.lineCount], ['', 0]);
    for (const part of ['first\nsecond\nth', 'ird', '\n']) stream.write(part);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([tail.text, tail.lineCount], ['ond\nthird\n', 3]);
    tail.add('over');
    assert.equal(tail.text, 'third\nover');
  });

  it('does not split a character that comes in two parts', async () => {
    const stream = new PassThrough();
    const tail = new TextTail(stream, 10);
    for (const byte of Buffer.from('é')) stream.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(tail.text, 'é');
  });
});
