import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rational } from '../../../src/pipeline/media/frame';
import { nutFrameHeader, nutHeader, type NutStream } from '../../../src/pipeline/media/nut';
import { readNut } from '../../../src/pipeline/media/readNut';
import { FFMPEGS, packetsOf, run, runWith } from '../../support/segments';
import { binary, scratchFolder } from '../../support/videos';

const HOUR = 3600;
/** The first times of a file, then times near 8 hours, and for nanoseconds near the limit of exact integers. */
const CLOCKS: readonly (readonly [Rational, readonly number[]])[] = [
  ...[
    { num: 1, den: 90_000 },
    { num: 1001, den: 24_000 },
    { num: 1, den: 600 },
    { num: 1, den: 25 },
    { num: 1, den: 1000 },
    { num: 1, den: 1_000_000_000 },
  ].map((timeBase) => [timeBase, nearEightHours(timeBase)] as const),
  [{ num: 1, den: 1_000_000_000 }, [2 ** 53 - 900, 2 ** 53 - 800, 2 ** 53 - 3, 2 ** 53 - 2]],
  // Beyond 32 bits, whose lower half is a time too.
  [{ num: 1, den: 1_000_000_000 }, [160_000_000, 5_200_000_000, 5_240_000_000]],
];

function nearEightHours({ num, den }: Rational): number[] {
  const end = Math.floor((8 * HOUR * den) / num);
  return [0, 1, 2, 3, 126, 127, 128, 16_383, 16_384, end - 17, end - 1, end, end + 1];
}

describe('nut', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  /** A stream of MPEG-4 and its frames without reordering. Every fifth one is a key frame. */
  async function source(): Promise<{ stream: NutStream; data: readonly Buffer[]; isKey: readonly boolean[] }> {
    const pattern = 'testsrc2=size=64x36:rate=25,trim=end_frame=13';
    const options = ['-f', 'lavfi', '-i', pattern, '-c:v', 'mpeg4', '-g', '5', '-sc_threshold', '1000000000'];
    run(await binary(), ...options, '-f', 'nut', at('source.nut'));
    const { stream, frames } = await readNut(at('source.nut'));
    const bytes = readFileSync(at('source.nut'));
    const data = frames.map((frame) =>
      Buffer.concat([frame.prefix, bytes.subarray(frame.offset, frame.offset + frame.bytes)]),
    );
    return { stream, data, isKey: frames.map(({ isKey }) => isKey) };
  }

  for (const [name, ffmpeg] of FFMPEGS) {
    it(`${name} reads the exact times, bytes and flags of frames`, async () => {
      const { stream, data, isKey } = await source();
      const original = packetsOf(await ffmpeg(), at('source.nut')).packets;
      assert.equal(original.filter((packet) => packet.isKey).length, 3);
      for (const [timeBase, pts] of CLOCKS) {
        const parts = pts.flatMap((time, i) => [nutFrameHeader(time, isKey[i]!, data[i]!.length), data[i]!]);
        const written = Buffer.concat([nutHeader(stream, timeBase), ...parts]);
        writeFileSync(at('written.nut'), written);
        const found = packetsOf(await ffmpeg(), written);
        const wanted = pts.map((time, i) => [time, original[i]!.size, original[i]!.sum, original[i]!.isKey]);
        assert.deepEqual(found.timeBase, timeBase);
        assert.deepEqual(
          found.packets.map((packet) => [packet.pts, packet.size, packet.sum, packet.isKey]),
          wanted,
        );
        const read = await readNut(at('written.nut'));
        assert.deepEqual(read.stream, stream);
        assert.deepEqual(
          read.frames.map((frame) => [frame.pts, frame.bytes, frame.isKey, frame.prefix.length]),
          pts.map((time, i) => [time, data[i]!.length, isKey[i]!, 0]),
        );
      }
    });

    it(`${name} reads stream headers of any length`, async () => {
      const data = Buffer.alloc(64 * 36 * 3, 'frame');
      const raw = { fourcc: Buffer.from('RGB\x18', 'latin1'), decodeDelay: 0, width: 64, height: 36 };
      // The packet is 27 bytes longer. Those of more than 4096 bytes have another header.
      for (const length of [0, 1, 127, 128, 4068, 4069, 4070, 4071, 4077, 4078, 70_000]) {
        const stream = { ...raw, codecData: Buffer.alloc(length, 'data'), pixelAspect: { num: 300, den: 157 } };
        const parts = [nutHeader(stream, { num: 1, den: 25 }), nutFrameHeader(7, true, data.length), data];
        const written = Buffer.concat(parts);
        writeFileSync(at('header.nut'), written);
        const found = packetsOf(await ffmpeg(), written).packets;
        assert.deepEqual([found.length, found[0]!.pts, found[0]!.size], [1, 7, data.length]);
        const { stream: read, frames } = await readNut(at('header.nut'));
        assert.deepEqual([read, frames.length], [stream, 1]);
      }
    });

    it(`${name} shows the size and the pixel aspect ratio`, async () => {
      const { stream, data } = await source();
      const parts = [nutHeader({ ...stream, pixelAspect: { num: 5, den: 4 } }, { num: 1, den: 25 })];
      for (const [i, bytes] of data.entries()) parts.push(nutFrameHeader(i, i % 5 === 0, bytes.length), bytes);
      const scaled = ['-i', 'pipe:0', '-vf', 'scale=iw*sar:ih', '-f', 'rawvideo', '-'];
      const pixels = runWith(await ffmpeg(), Buffer.concat(parts), ...scaled);
      assert.equal(pixels.length, 13 * 80 * 36 * 1.5);
    });
  }

  it('the bytes are those of version 3 with one stream', () => {
    const stream = {
      ...{ fourcc: Buffer.from('FMP4'), decodeDelay: 1, codecData: Buffer.from([7]), width: 300, height: 2 },
      pixelAspect: { num: 1, den: 1 },
    };
    const main = '4e4d7a561f5f04ad 21 03 01 848000 01 8769 81bb40 69 06 00 01 00 00 00 01 68 06 00 01 00 00 00 817e 00';
    const video = '4e5311405bf2f9db 1a 00 00 04 464d5034 00 07 848000 01 00 01 07 822c 02 01 01 00';
    const header = nutHeader(stream, { num: 1001, den: 24_000 });
    assert.equal(header.toString('latin1', 0, 25), 'nut/multimedia container\0');
    const sum = '[0-9a-f]{8}'; // verified by `readNut`
    assert.match(header.toString('hex', 25), new RegExp(`^${main}${sum}${video}${sum}$`.replaceAll(' ', '')));
    const frame = nutFrameHeader(127, false, 128).toString('hex');
    assert.match(frame, /^4e4be4adeeca4569067f00[0-9a-f]{8}017f8100[0-9a-f]{8}$/);
  });
});
