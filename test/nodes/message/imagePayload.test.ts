import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { readImagePayload } from '../../../nodes/message/imagePayload';
import { isImage } from '../../../nodes/message/imageFormat';

const JPEG = [0xff, 0xd8, 0xff, 0xe0, 7];
const inJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('imagePayload', () => {
  const read = (value: unknown) => readImagePayload(value, null);
  const file = { kind: 'file', data: Uint8Array.from(JPEG) } as const;

  /** Every form of bytes, of any length. */
  const forms = (bytes: readonly number[]): readonly unknown[] => [
    Buffer.from(bytes),
    Uint8Array.from(bytes),
    Uint8Array.from(bytes).buffer,
    inJson(Buffer.from(bytes)),
    runInNewContext('Uint8Array.from(bytes)', { bytes }),
    runInNewContext('Uint8Array.from(bytes).buffer', { bytes }),
  ];

  it('takes the bytes of a file, whole or in parts, in every form', async () => {
    for (const whole of forms(JPEG)) {
      const { kind, data } = await read(whole);
      assert.deepEqual({ kind, data: Uint8Array.from(data) }, file);
      assert.ok(isImage(whole));
    }
    const [first, second] = [forms(JPEG.slice(0, 2)), forms(JPEG.slice(2))];
    for (const [i, part] of first.entries()) {
      const { data } = await read([part, second.at(-1 - i)]);
      assert.deepEqual(Uint8Array.from(data), file.data);
    }
  });

  it('takes raw pixels, also of a Jimp object, in every form', async () => {
    const pixels = { kind: 'pixels', width: 1, height: 1, data: Uint8Array.of(1, 2, 3, 4), channels: 4 };
    for (const data of forms([1, 2, 3, 4])) {
      assert.deepEqual(await read({ width: 1, height: 1, data }), pixels);
      assert.deepEqual(await read({ bitmap: { width: 1, height: 1, data } }), pixels);
      const bgra = await read({ width: 1, height: 1, data, colorSpace: 'BGRA' });
      assert.deepEqual(bgra.data, Uint8Array.of(3, 2, 1, 4));
    }
  });

  it('limits the size in every form, before the bytes are copied', async () => {
    const huge = Array<number>(64 * 2 ** 20 + 1); // empty: reading it would fail
    const [json, buffer] = [{ type: 'Buffer', data: huge }, new ArrayBuffer(huge.length)];
    const half = new ArrayBuffer(huge.length / 2 + 1);
    const pixels = { width: 1, height: 1, channels: 3 };
    for (const value of [json, buffer, [half, half], { ...pixels, data: json }, { ...pixels, data: buffer }])
      await assert.rejects(read(value), { code: 'IMAGE_TOO_LARGE', message: /67 MB; the limit per message is 64 MiB/ });
  });

  it('takes as much as the limit', async () => {
    const { data } = await read([new ArrayBuffer(2 ** 25), new ArrayBuffer(2 ** 25)]);
    assert.equal(data.length, 64 * 2 ** 20);
  });

  it('takes nothing else for an image', async () => {
    const broken = { type: 'Buffer', data: [255, 216, 999] };
    for (const value of [undefined, 7, {}, [], [7], broken, [Buffer.from(JPEG), broken], { data: [1], width: 1 }]) {
      await assert.rejects(read(value), { code: 'NO_IMAGE' });
      assert.equal(isImage(value), false);
    }
    assert.equal(isImage(Buffer.from('RIFF\0\0\0\0WEBP')), true);
    assert.equal(isImage(Buffer.from('RIFF\0\0\0\0AVI ')), false);
  });
});
