import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { bytesLength, imageBytes, imageSource } from '../../src/settings/imageBytes';

/** The same three bytes in every form; `foreign`: made in another realm, as in a Function node. */
const FORMS: Readonly<Record<string, unknown>> = {
  Buffer: Buffer.from([1, 2, 255]),
  Uint8Array: Uint8Array.of(1, 2, 255),
  'part of a buffer': Uint8Array.of(0, 1, 2, 255, 0).subarray(1, 4),
  Uint8ClampedArray: Uint8ClampedArray.of(1, 2, 255),
  ArrayBuffer: Uint8Array.of(1, 2, 255).buffer,
  JSON: JSON.parse(JSON.stringify(Buffer.from([1, 2, 255]))),
  'foreign Uint8Array': runInNewContext('Uint8Array.of(1, 2, 255)'),
  'foreign ArrayBuffer': runInNewContext('Uint8Array.of(1, 2, 255).buffer'),
  'foreign JSON': runInNewContext('({ type: "Buffer", data: [1, 2, 255] })'),
};

describe('imageBytes', () => {
  for (const [form, value] of Object.entries(FORMS))
    it(`takes bytes as ${form}`, () => {
      assert.deepEqual(imageBytes(value), Uint8Array.of(1, 2, 255));
      assert.deepEqual(imageBytes(value, 2), Uint8Array.of(1, 2));
      assert.equal(bytesLength(value), 3);
      assert.deepEqual(imageSource(value as Buffer), { kind: 'file', data: Uint8Array.of(1, 2, 255) });
      const pixels = { kind: 'pixels', width: 1, height: 1, channels: 3 } as const;
      const given = { ...pixels, data: value as Uint8Array };
      assert.deepEqual(imageSource(given), { ...pixels, data: Uint8Array.of(1, 2, 255) });
    });

  it('does not copy arrays', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    assert.equal(imageBytes(bytes)!.buffer, bytes.buffer);
  });

  it('takes nothing else', () => {
    for (const value of [
      ...[undefined, null, 'text', 7, [1, 2], {}, { data: [1] }, { type: 'Buffer', data: 'AQ==' }],
      ...[{ type: 'Array', data: [1] }, Uint16Array.of(1), new DataView(new ArrayBuffer(1))],
    ]) {
      assert.equal(imageBytes(value), null);
      assert.equal(bytesLength(value), null);
      assert.throws(() => imageSource({ kind: 'file', data: value as Uint8Array }), { code: 'NO_IMAGE' });
    }
    for (const value of [null, undefined, 'text', 7])
      assert.throws(() => imageSource(value as unknown as Buffer), { code: 'NO_IMAGE' });
    for (const value of [-1, 256, 1.5, '1', null]) assert.equal(imageBytes({ type: 'Buffer', data: [0, value] }), null);
  });
});
