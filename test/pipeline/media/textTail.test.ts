import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { TextTail } from '../../../src/pipeline/media/textTail';

describe('textTail', () => {
  it('keeps the end', async () => {
    const stream = new PassThrough();
    const tail = new TextTail(stream, 10);
    assert.equal(tail.text, '');
    for (const part of ['first\nsecond\nth', 'ird', '\n']) stream.write(part);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(tail.text, 'ond\nthird\n');
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
