import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_ID, FLAG, START } from '../../../src/pipeline/media/nut';
import { type NutFile, readNut, readNutStream } from '../../../src/pipeline/media/readNut';
import { CODED, codedFrame, FRAMES, mainHeader, syncpoint, videoHeader } from '../../support/madeNut';
import { adler, FFMPEGS, packetsOf, run } from '../../support/segments';
import { binary, passthroughOf, scratchFolder } from '../../support/videos';

/** Size and rate of the frames, encoders with their options. */
const ENCODERS = {
  'H.264 with B-frames': ['64x36', '25', 'libx264', '-bf', '3', '-g', '20'],
  'H.265': ['64x36', '25', 'libx265', '-x265-params', 'log-level=error:keyint=20'],
  FFV1: ['64x36', '25', 'ffv1'],
  // More than 1 MiB, after which ffmpeg repeats the headers, in frames of more than 64 KiB.
  ProRes: ['320x180', '25', 'prores_ks'],
  'MPEG-4': ['64x36', '25', 'mpeg4', '-g', '5'],
  'MPEG-4 with B-frames': ['64x36', '25', 'mpeg4', '-bf', '2'],
  // From here, frames are one tick of the file apart, which ffmpeg writes in its shortest form.
  'H.264 with frames of a tick': ['64x36', '48000', 'libx264', '-bf', '3', '-g', '20'],
  'FFV1 with frames of a tick': ['64x36', '48000', 'ffv1'],
  'MPEG-4 with frames of a tick': ['64x36', '48000', 'mpeg4', '-g', '5'],
  // Frames of 3 to 5 KiB: those of at most 4096 bytes share their first bytes.
  'MPEG-4 in larger frames of a tick': ['160x90', '48000', 'mpeg4', '-q:v', '4', '-g', '2'],
} as const;

describe('readNut', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  const source = (size: string, frames: number, rate = '25'): string[] => [
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate},trim=end_frame=${frames}`],
  ];
  const SHORT = ['-c:v', 'mpeg4', '-g', '2', '-threads', '1', '-f', 'nut'];
  const damaged = { code: 'ENCODE_FAILED', message: /is incomplete or damaged/ };

  for (const [name, ffmpeg] of FFMPEGS) {
    for (const [codec, [dimensions, rate, ...options]] of Object.entries(ENCODERS)) {
      it(`finds every frame of ${codec} by ${name}`, async () => {
        const path = at('encoded.nut');
        run(await ffmpeg(), ...source(dimensions, 60, rate), '-c:v', ...options, '-v', 'error', '-f', 'nut', path);
        const bytes = readFileSync(path);
        const { frames, stream } = await readNut(path);
        const found = frames.map(({ pts, isKey, prefix, offset, bytes: size }) => {
          const data = Buffer.concat([prefix, bytes.subarray(offset, offset + size)]);
          return [pts, isKey, data.length, adler(data)];
        });
        const { packets } = packetsOf(await binary(), path);
        assert.equal(packets.length, 60);
        assert.deepEqual(
          found,
          packets.map((packet) => [packet.pts, packet.isKey, packet.size, packet.sum]),
        );
        assert.deepEqual(await readNutStream(path), stream);
        assert.deepEqual([stream.width, stream.height], dimensions.split('x').map(Number));
      });
    }

    it(`reads times that are far apart, by ${name}`, async () => {
      const path = at('times.nut');
      const keep = passthroughOf(await ffmpeg());
      for (const [timeBase, pts] of [
        ['1/25', 'N+63*eq(N\\,5)+64*eq(N\\,6)+65*eq(N\\,7)+127*gt(N\\,7)+128*gt(N\\,9)+1000*gt(N\\,11)'],
        ['1/90000', 'N*3000+8191*eq(N\\,5)+8192*eq(N\\,6)+8193*eq(N\\,7)+90001*gt(N\\,7)+7000000*gt(N\\,11)'],
      ] as const) {
        const times = [`settb=${timeBase},setpts=${pts}`, ...keep, '-enc_time_base', timeBase];
        const encoder = ['-c:v', 'libx264', '-bf', '3', '-g', '9', '-v', 'error'];
        run(await ffmpeg(), ...source('32x32', 20), '-vf', ...times, ...encoder, '-f', 'nut', path);
        const { packets } = packetsOf(await binary(), path);
        assert.equal(packets.length, 20);
        assert.deepEqual(
          (await readNut(path)).frames.map((frame) => frame.pts),
          packets.map((packet) => packet.pts),
        );
      }
    });

    it(`refuses a file of ${name} that is cut anywhere but after a frame`, async () => {
      const path = at('short.nut');
      run(await ffmpeg(), ...source('32x32', 5), ...SHORT, path);
      const bytes = readFileSync(path);
      const whole = await readNut(path);
      const counts = new Map(ends(bytes, whole));
      assert.equal(counts.get(bytes.length), 5);
      const [[, mainEnd], [, headersEnd]] = packetPlaces(bytes) as [[number, number], [number, number]];
      const isNear = (length: number): boolean =>
        [mainEnd, ...counts.keys()].some((end) => Math.abs(length - end) <= 6);
      for (let length = 0; length <= bytes.length; length++) {
        if (length % 16 > 0 && !isNear(length)) continue;
        const cut = at('cut.nut');
        writeFileSync(cut, bytes.subarray(0, length));
        const count = counts.get(length);
        if (count === undefined) await assert.rejects(readNut(cut), damaged, `${length} bytes`);
        else assert.deepEqual(await readNut(cut), { ...whole, frames: whole.frames.slice(0, count) });
        // Nothing after the stream header is read.
        if (length < headersEnd) await assert.rejects(readNutStream(cut), damaged);
        else assert.deepEqual(await readNutStream(cut), whole.stream);
      }
    });

    it(`refuses a file of ${name} with a changed byte in a packet`, async () => {
      const path = at('changed.nut');
      run(await ffmpeg(), ...source('32x32', 5), ...SHORT, path);
      const bytes = readFileSync(path);
      const places = packetPlaces(bytes).flatMap(([start, end]) =>
        Array.from({ length: end - start }, (_, i) => start + i),
      );
      assert.ok(places.length > 200);
      for (const i of [...Array(25).keys(), ...places]) {
        for (const bit of [1, 128]) {
          const changed = Buffer.from(bytes);
          changed[i]! ^= bit;
          writeFileSync(path, changed);
          await assert.rejects(readNut(path), damaged, `byte ${i} of ${bytes.length}, bit ${bit}`);
        }
      }
    });
  }

  it('a file that cannot be read is an error', async () => {
    await assert.rejects(readNut(at('missing.nut')), { code: 'ENCODE_FAILED', message: /cannot be read: ENOENT/ });
    mkdirSync(at('folder.nut'));
    await assert.rejects(readNut(at('folder.nut')), { code: 'ENCODE_FAILED', message: /cannot be read: EISDIR/ });
  });

  for (const [name, ffmpeg] of FFMPEGS) {
    it(`reads forms that ffmpeg does not write, as ${name} does`, async () => {
      const bytes = Buffer.concat([FILE_ID, mainHeader({}), videoHeader(), syncpoint(0), ...FRAMES.flat()]);
      writeFileSync(at('made.nut'), bytes);
      const { packets } = packetsOf(await ffmpeg(), bytes, '-v', 'quiet'); // the frames cannot be decoded
      const { frames } = await readNut(at('made.nut'));
      assert.equal(packets.length, FRAMES.flat().length - 1); // one is a syncpoint
      assert.deepEqual(
        frames.map(({ pts, isKey, prefix, offset, bytes: size }) => {
          const data = Buffer.concat([prefix, bytes.subarray(offset, offset + size)]);
          return [pts, isKey, data.length, adler(data)];
        }),
        packets.map((packet) => [packet.pts, packet.isKey, packet.size, packet.sum]),
      );
    });
  }

  it('other headers are refused', async () => {
    const path = at('other.nut');
    const write = (main: Buffer, ...frames: readonly Buffer[]): void =>
      writeFileSync(path, Buffer.concat([FILE_ID, main, videoHeader(), syncpoint(0), ...frames]));
    write(mainHeader({}), codedFrame(1, [3], 3));
    assert.equal((await readNut(path)).frames.length, 1);
    writeFileSync(path, Buffer.concat([FILE_ID, mainHeader({}), videoHeader(), codedFrame(1, [3], 3)]));
    assert.deepEqual(
      (await readNut(path)).frames.map(({ pts }) => pts),
      [3],
    );
    // The length of a packet includes its checksum.
    for (const [length, isPacket] of [
      [4, true],
      [3, false],
      [0, false],
    ] as const) {
      const last = Buffer.from(`4e58dd672f23e64e0${length}00000000`, 'hex');
      write(mainHeader({}), codedFrame(1, [3], 3), last);
      if (isPacket) assert.equal((await readNut(path)).frames.length, 1);
      else await assert.rejects(readNut(path), damaged);
    }
    for (const change of [{ version: 2 }, { version: 4 }, { streams: 2 }, { clocks: 2 }, { clocks: 0 }]) {
      write(mainHeader(change));
      await assert.rejects(readNut(path), damaged, JSON.stringify(change));
    }
    // A row of no codes, and one with a field that version 3 does not have.
    for (const row of [
      [FLAG.key, 6, 0, 1, 0, 0, 0, 0],
      [FLAG.key, 2, 0, 0],
      [FLAG.key, 10, 0, 1, 0, 0, 0, 1, 1, 0, 32, 0],
    ]) {
      write(mainHeader({ row }));
      await assert.rejects(readNut(path), damaged, String(row));
    }
    for (const flag of [FLAG.invalid, FLAG.streamId, FLAG.matchTime, FLAG.reserved, FLAG.sideData, 0]) {
      const changed = [CODED, [flag | FLAG.codedPts | FLAG.sizeMsb, 1000, 3], 3] as const;
      write(mainHeader({}), codedFrame(...changed));
      if (flag > 0) await assert.rejects(readNut(path), damaged, String(flag));
      else assert.equal((await readNut(path)).frames.length, 1);
    }
    write(mainHeader({ row: [FLAG.invalid | FLAG.sizeMsb, 6, 0, 1, 0, 0, 0, 1] }), codedFrame(0, [3], 3));
    await assert.rejects(readNut(path), damaged);
    // A shared beginning that does not exist, or is longer than the frame.
    for (const [index, size] of [
      [3, 50],
      [2, 3],
    ] as const) {
      const coded = [FLAG.codedPts | FLAG.sizeMsb | FLAG.headerIndex, 1000, size, index];
      write(mainHeader({}), codedFrame(CODED, coded, 50));
      await assert.rejects(readNut(path), damaged, `${index}`);
    }
  });

  it('frames without one of the headers are refused', async () => {
    const path = at('headless.nut');
    run(await binary(), ...source('32x32', 5), ...SHORT, path);
    const bytes = readFileSync(path);
    const [main, video] = packetPlaces(bytes) as [[number, number], [number, number]];
    for (const [from, to] of [main, video, [main[0], video[1]]] as const) {
      writeFileSync(path, Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]));
      await assert.rejects(readNut(path), damaged);
    }
  });

  it('only files with one video stream and one clock are read', async () => {
    const path = at('several.nut');
    const options = ['-c:v', 'ffv1', '-f', 'nut', path];
    run(await binary(), ...source('32x32', 2), ...source('32x32', 2), '-map', '0:v', '-map', '1:v', ...options);
    await assert.rejects(readNut(path), damaged);
    writeFileSync(at('chapters.txt'), ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/7\nSTART=0\nEND=1\ntitle=One\n');
    run(await binary(), ...source('32x32', 2), '-i', at('chapters.txt'), '-map_chapters', '1', ...options);
    await assert.rejects(readNut(path), damaged);
    run(await binary(), ...source('32x32', 2), '-syncpoints', 'none', '-strict', '-2', ...options);
    await assert.rejects(readNut(path), damaged);
  });
});

/** Start and end of each packet, all of fewer than 128 bytes. */
function packetPlaces(bytes: Buffer): [start: number, end: number][] {
  const starts = Object.values(START).flatMap((code) => {
    const pattern = Buffer.alloc(8);
    pattern.writeBigUInt64BE(code);
    const found: number[] = [];
    for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) found.push(at);
    return found;
  });
  return starts.toSorted((a, b) => a - b).map((start) => [start, start + 9 + bytes[start + 8]!]);
}

/** Where the file can end, with the number of frames before: after the stream header, other packets and frames. */
function ends(bytes: Buffer, { frames }: NutFile): [length: number, frames: number][] {
  const frameEnds = frames.map(({ offset, bytes: size }) => offset + size);
  const packetEnds = packetPlaces(bytes).map(([, end]) => end);
  return [...packetEnds.slice(1), ...frameEnds].map((length) => [
    length,
    frameEnds.filter((end) => end <= length).length,
  ]);
}
