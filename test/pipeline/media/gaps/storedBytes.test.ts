import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storedBytes } from '../../../../src/pipeline/media/gaps/storedBytes';
import { scratchFolder } from '../../../support/videos';

describe('storedBytes', () => {
  const path = join(scratchFolder(), 'file');

  async function missing(...parts: readonly (string | Buffer)[]): Promise<number> {
    const bytes = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
    writeFileSync(path, bytes);
    const stored = await storedBytes({ path, sequence: null, bytes: bytes.length });
    assert.equal(stored.share, stored.missing / (bytes.length + (isPadded ? 0 : stored.missing)));
    return stored.missing;
  }
  let isPadded = false; // the missing bytes are in the file
  beforeEach(() => (isPadded = false));

  const le = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
  const be = (value: number): Buffer => Buffer.from(le(value)).reverse();
  const filled = (length: number): Buffer => Buffer.alloc(length, 7);

  it('of an AVI of several chunks, that of its last chunk', async () => {
    const whole = ['RIFF', le(100), filled(100), 'RIFF', le(40)] as const;
    assert.equal(await missing(...whole, filled(40)), 0);
    assert.equal(await missing(...whole, filled(33)), 7);
    assert.equal(await missing('RIFF', le(0), filled(33)), 0);
    assert.equal(await missing('RIFF', le(0xffff_ffff), filled(33)), 0);
  });

  it('of a fragmented MP4, the last box, and all behind one that is none', async () => {
    const box = (type: string, length: number): Buffer =>
      Buffer.concat([be(length), Buffer.from(type), filled(length - 8)]);
    const start = Buffer.concat([box('ftyp', 16), box('moov', 40), box('moof', 20)]);
    assert.equal(await missing(start, box('mdat', 100)), 0);
    assert.equal(await missing(start, box('mdat', 100).subarray(0, 91)), 9);
    assert.equal(await missing(box('ftyp', 16), box('moov', 40), box('mdat', 100).subarray(0, 91)), 0, 'has an index');
    isPadded = true;
    assert.equal(await missing(start, Buffer.alloc(50), box('mdat', 50)), 100);
  });

  it('of Matroska, the rest of its segment where that has a size', async () => {
    const start = (...size: readonly number[]): Buffer =>
      Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x82, 0, 0, 0x18, 0x53, 0x80, 0x67, ...size]);
    assert.equal(await missing(start(0x40, 200), filled(200)), 0);
    assert.equal(await missing(start(0x40, 200), filled(188)), 12);
    assert.equal(await missing(start(0x40, 200), filled(230)), 0, 'something may follow');
    assert.equal(await missing(start(0x01, 255, 255, 255, 255, 255, 255, 255), filled(30)), 0, 'unknown');
    assert.equal(await missing(Buffer.from('1a45dfa382000000', 'hex'), filled(30)), 0, 'no segment');
  });

  it('of a transport stream, the rest of a packet, and zeros', async () => {
    const packet = Buffer.concat([Buffer.from([0x47]), filled(187)]);
    const stream = Buffer.concat(Array.from({ length: 40 }, () => packet));
    assert.equal(await missing(stream), 0);
    assert.equal(await missing(stream.subarray(0, -9)), 9);
    assert.equal(await missing(stream, Buffer.alloc(188)), 0);
    isPadded = true;
    assert.equal(await missing(stream, Buffer.alloc(188 * 22)), 188 * 22);
  });

  it('of a program stream, zeros that are no padding', async () => {
    isPadded = true;
    const start = Buffer.concat([Buffer.from([0, 0, 1, 0xba]), filled(9000)]);
    assert.equal(await missing(start, Buffer.alloc(4095)), 0);
    assert.equal(await missing(start, Buffer.alloc(4096)), 4096);
  });

  it('of an Ogg file, the rest of its last page', async () => {
    const page = (lengths: readonly number[]): Buffer =>
      Buffer.concat([
        ...[Buffer.from('OggS'), filled(22), Buffer.from([lengths.length, ...lengths])],
        filled(lengths.reduce((sum, each) => sum + each, 0)),
      ]);
    const all = Array.from({ length: 255 }, () => 255);
    assert.equal(await missing(page([10]), page([255, 20])), 0);
    assert.equal(await missing(page([10]), page([255, 20]).subarray(0, -9)), 9);
    assert.equal(await missing(page([10]), page(all)), 0);
    assert.equal(await missing(page([10]), page(all).subarray(0, -1)), 1);
    assert.equal(await missing(page([10]), page([255, 20]).subarray(0, 20)), 7, 'no more is known of it');
  });

  it('of a program stream, the rest of its last packet', async () => {
    const pack = Buffer.concat([Buffer.from([0, 0, 1, 0xba, 0x44]), filled(8), Buffer.from([0xf9, 1])]); // one byte of stuffing
    const old = Buffer.concat([Buffer.from([0, 0, 1, 0xba, 0x21]), filled(7)]); // MPEG-1
    const packet = Buffer.concat([Buffer.from([0, 0, 1, 0xe0, 0, 100]), filled(100)]);
    for (const start of [pack, old]) {
      const whole = [start, packet, start, packet, packet] as const;
      assert.equal(await missing(...whole), 0);
      assert.equal(await missing(...whole, Buffer.from([0, 0, 1, 0xb9])), 0);
      assert.equal(await missing(...whole, packet.subarray(0, 99)), 7);
      assert.equal(await missing(...whole, packet.subarray(0, 5)), 0, 'without its length');
    }
  });

  it('nothing of others', async () => assert.equal(await missing('GIF89a', filled(50)), 0));
});
