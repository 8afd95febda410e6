import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FfmpegBinary } from '../../../src/pipeline/media/findFfmpeg';
import type { Rational } from '../../../src/pipeline/media/frame';
import { canJoin, joinNut, planJoin } from '../../../src/pipeline/media/joinNut';
import { muxVideo } from '../../../src/pipeline/media/mux';
import { nutFrameHeader, nutHeader, type NutStream } from '../../../src/pipeline/media/nut';
import { readNut, readNutStream } from '../../../src/pipeline/media/readNut';
import type { CodecName } from '../../../src/settings/restoreJob';
import {
  BT709,
  bundled,
  codecOf,
  decoded,
  FFMPEGS,
  frames,
  never,
  packetsOf,
  writeSegment,
} from '../../support/segments';
import { binary, description, scratchFolder } from '../../support/videos';

/** The numbers of frames of three segments. */
const LENGTHS = [7, 1, 10] as const;
/** Times of 18 frames with steps of many lengths, from a tick that is not 0. */
const TIMES = Array.from({ length: 18 }, (_, i) => 5 + i * 100 + ((i * 37) % 83));
const CLOCK: Rational = { num: 1001, den: 24_000 };

describe('joinNut', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  async function joined(paths: readonly string[], pts: readonly number[]): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of joinNut(paths, await planJoin(paths), pts, CLOCK)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Three segments of a codec, each possibly by another ffmpeg and with options of its own. */
  async function segments(
    name: CodecName,
    makers: readonly (readonly [FfmpegBinary, ...(readonly string[])])[],
    encoder: string | null = null,
  ): Promise<readonly string[]> {
    const all = await frames(18);
    const paths: string[] = [];
    for (const [i, [ffmpeg, ...options]] of makers.entries()) {
      const path = at(`${name} ${i}.nut`);
      const codec = codecOf(ffmpeg, name, 'mkv', encoder);
      const [from, to] = [LENGTHS.slice(0, i), LENGTHS.slice(0, i + 1)].map((some) => some.reduce((a, b) => a + b, 0));
      await writeSegment(ffmpeg, path, { ...codec, options: [...codec.options, ...options] }, all.slice(from, to));
      paths.push(path);
    }
    return paths;
  }

  for (const [name, ffmpeg] of FFMPEGS) {
    for (const [codec, encoder] of [
      ['h264', null],
      ['ffv1', null],
      ['custom', 'mpeg4 -bf 2 -q:v 2 -threads 1'],
    ] as const) {
      it(`every frame keeps its content and gets its time: ${encoder ?? codec}, ${name}`, async () => {
        const program = await ffmpeg();
        const paths = await segments(codec, [[program], [program], [program]], encoder);
        const file = await joined(paths, TIMES);
        const { timeBase, packets } = packetsOf(program, file);
        assert.deepEqual(timeBase, CLOCK);
        assert.equal(packets[0]!.pts, TIMES[0]);
        const wanted = paths.flatMap((path) => decoded(program, path)).map(({ sum }, i) => ({ pts: TIMES[i]!, sum }));
        assert.equal(new Set(wanted.map(({ sum }) => sum)).size, 18);
        assert.deepEqual(decoded(program, file), wanted);
        if (codec !== 'ffv1') return;
        await writeSegment(program, at('uncut.nut'), codecOf(program, 'ffv1', 'mkv'), await frames(18));
        assert.deepEqual(
          decoded(program, at('uncut.nut')).map(({ sum }) => sum),
          wanted.map(({ sum }) => sum),
        );
      });
    }
  }

  it('another number of frames than of times is an error', async () => {
    const program = await binary();
    const paths = await segments('ffv1', [[program], [program], [program]]);
    const failed = (found: number, expected: number) => ({
      code: 'ENCODE_FAILED',
      message: `The encoded segments have ${found} frames instead of ${expected}.`,
    });
    await assert.rejects(joined(paths, TIMES.slice(0, 17)), failed(18, 17));
    await assert.rejects(joined(paths, TIMES.slice(0, 7)), failed(8, 7));
    await assert.rejects(joined(paths, [...TIMES, 9999]), failed(18, 19));
    await assert.rejects(joined(paths.slice(0, 2), TIMES), failed(8, 18));
  });

  it('frames that the encoder did not number evenly are refused', async () => {
    const stream = streamOf({});
    const write = (path: string, pts: readonly number[]): void => {
      const parts = pts.flatMap((time) => [nutFrameHeader(time, true, 3), Buffer.from('abc')]);
      writeFileSync(at(path), Buffer.concat([nutHeader(stream, { num: 1, den: 25 }), ...parts]));
    };
    const damaged = { code: 'ENCODE_FAILED', message: /uneven\.nut is incomplete or damaged/ };
    for (const pts of [
      [0, 1, 3],
      [0, 2, 3],
      [0, 1, 1],
      [4, 4],
      [0, 2, 4, 5],
      [9, 5, 6],
    ]) {
      write('uneven.nut', pts);
      await assert.rejects(joined([at('uneven.nut')], TIMES.slice(0, pts.length)), damaged, String(pts));
    }
    for (const pts of [[0], [3], [0, 1, 2], [7, 8, 9], [0, 512, 256], [2048, 512, 1024, 1536]]) {
      write('even.nut', pts);
      const file = await joined([at('even.nut')], TIMES.slice(0, pts.length));
      const order = pts.map((time) => pts.filter((other) => other < time).length);
      writeFileSync(at('read.nut'), file);
      const headers = order.map((place) => nutFrameHeader(TIMES[place]!, true, 3));
      const wanted = headers.flatMap((header) => [header, Buffer.from('abc')]);
      assert.deepEqual(file, Buffer.concat([nutHeader(stream, CLOCK), ...wanted]));
    }
    write('none.nut', []);
    assert.deepEqual(await joined([at('none.nut')], []), nutHeader(stream, CLOCK));
  });

  it('a segment that becomes shorter while it is read is an error', async () => {
    const program = await binary();
    const paths = await segments('ffv1', [[program]]);
    const reading = joinNut(paths, await planJoin(paths), TIMES.slice(0, 7), CLOCK);
    for (let i = 0; i < 4; i++) await reading.next(); // the header, the first frame, and what precedes the second
    truncateSync(paths[0]!, 5000);
    const all = (async () => {
      for (;;) if ((await reading.next()).done) return;
    })();
    await assert.rejects(all, { code: 'ENCODE_FAILED', message: /ffv1 0\.nut is incomplete or damaged/ });
  });

  it('segments are joined where a decoder can go on', () => {
    const same = streamOf({});
    assert.ok(canJoin(same, streamOf({ decodeDelay: 2, pixelAspect: { num: 4, den: 3 } })));
    const other = { codecData: Buffer.from('other') };
    assert.ok(!canJoin(same, streamOf({ width: 65 })));
    assert.ok(!canJoin(same, streamOf({ height: 37 })));
    assert.ok(!canJoin(same, streamOf(other)));
    for (const name of ['H264', 'HEVC', 'AV01']) {
      const fourcc = Buffer.from(name);
      const stream = streamOf({ fourcc });
      assert.ok(canJoin(stream, streamOf({ fourcc, ...other })));
      assert.ok(!canJoin(stream, streamOf({ fourcc, width: 65 })));
      assert.ok(!canJoin(stream, streamOf({ fourcc, height: 37 })));
      assert.ok(!canJoin(stream, streamOf({ fourcc: Buffer.from('FFV1') })));
    }
    for (const name of ['FFV1', 'FMP4', 'avc1', 'hvc1', 'XH264', 'HEVC2', 'AV1 ', 'apch']) {
      const fourcc = Buffer.from(name);
      assert.ok(canJoin(streamOf({ fourcc }), streamOf({ fourcc })));
      assert.ok(!canJoin(streamOf({ fourcc }), streamOf({ fourcc, ...other })), name);
    }
  });

  it('the plan names the segment that cannot be joined', async () => {
    const write = (path: string, changes: Partial<NutStream>): string => {
      writeFileSync(at(path), nutHeader(streamOf(changes), { num: 1, den: 25 }));
      return at(path);
    };
    const [a, b] = [write('a.nut', {}), write('b.nut', {})];
    assert.deepEqual(await planJoin([a]), { stream: streamOf({}), hasHeadersInFrames: false });
    assert.equal((await planJoin([a, b])).hasHeadersInFrames, false);
    const other = write('other.nut', { codecData: Buffer.from('other') });
    for (const paths of [
      [a, other],
      [a, b, other, a],
    ])
      await assert.rejects(planJoin(paths), { code: 'ENCODE_FAILED', message: /other\.nut is incomplete or damaged/ });
    for (const [name, expected] of [
      ['H264', true],
      ['HEVC', true],
      ['AV01', false],
    ] as const) {
      const fourcc = Buffer.from(name);
      const [first, second] = [
        write('first.nut', { fourcc }),
        write('second.nut', { fourcc, codecData: Buffer.of(1) }),
      ];
      assert.equal((await planJoin([first, first])).hasHeadersInFrames, false);
      assert.equal((await planJoin([first, second, first])).hasHeadersInFrames, expected);
    }
  });

  it('every key frame of joined segments with different headers begins with its own', async () => {
    const program = await binary();
    // ffmpeg of 2018 does not hand -bf, -refs and -g on to x265.
    const options = (text: string): string[] => ['-x265-params', `log-level=error:${text}`];
    const paths = await segments('h265', [
      [program, ...options('keyint=3')],
      [program, ...options('keyint=3')],
      [program, ...options('bframes=0:ref=1:keyint=4')],
    ]);
    writeFileSync(at('joined.nut'), await joined(paths, TIMES));
    const file = readFileSync(at('joined.nut'));
    const { frames: all } = await readNut(at('joined.nut'));
    const first = await readNutStream(paths[0]!);
    const keys: number[] = [];
    let start = 0;
    for (const [i, path] of paths.entries()) {
      const { codecData } = await readNutStream(path);
      assert.equal(codecData.equals(first.codecData), i < 2);
      for (const { isKey, offset, bytes } of all.slice(start, start + LENGTHS[i]!)) {
        const data = file.subarray(offset, offset + bytes);
        assert.equal(data.subarray(0, codecData.length).equals(codecData), isKey);
        if (isKey) keys.push(i);
      }
      start += LENGTHS[i]!;
    }
    assert.deepEqual(keys, [0, 0, 0, 1, 2, 2, 2]);
  });

  // FFV1, ProRes and MPEG-4 have headers outside their frames, and no way to change them.
  for (const [codec, containers, ...options] of [
    ['h264', ['mp4', 'mov', 'mkv'], '-bf', '0', '-refs', '1', '-flags', '-loop', '-x264-params', 'cabac=0'],
    ['h265', ['mp4', 'mov', 'mkv'], '-bf', '0', '-refs', '1', '-x265-params', 'log-level=error:no-sao=1:ctu=16'],
    ['av1', ['mp4', 'mkv']],
  ] as const) {
    it(`segments of ${codec} by different ffmpegs and with different options are joined`, async () => {
      const [found, old] = [await binary(), await bundled()];
      for (const [muxer, makers] of [
        [found, [[old], [found], [found, ...options]]],
        [old, [[found], [old, ...options], [old]]],
      ] as const) {
        const paths = await segments(codec, makers);
        for (const container of containers) {
          const output = at(`mixed.${container}`);
          const times = { pts: TIMES.map((time) => time - 5), end: 2000, timeBase: { num: 1, den: 1000 } };
          const video = { codec: codecOf(muxer, codec, container), colour: BT709, paths, times };
          assert.deepEqual(await muxVideo(muxer, video, output, never), []);
          for (const decoder of [found, old]) {
            const wanted = paths.flatMap((path) => decoded(decoder, path)).map(({ sum }) => sum);
            assert.equal(new Set(wanted).size, 18);
            const shown = decoded(decoder, output);
            assert.deepEqual(
              shown.map(({ sum }) => sum),
              wanted,
            );
          }
          if (codec === 'h265' && container !== 'mkv') assert.match(await description(output), /hevc .*\(hev1 /);
        }
      }
    });
  }

  it('segments of FFV1 with other options are refused', async () => {
    const [found, old] = [await binary(), await bundled()];
    const paths = await segments('ffv1', [[old], [found, '-slices', '9']]);
    await assert.rejects(planJoin(paths), { code: 'ENCODE_FAILED', message: /ffv1 1\.nut is incomplete or damaged/ });
  });
});

const streamOf = (changes: Partial<NutStream>): NutStream => ({
  ...{ fourcc: Buffer.from('FFV1'), decodeDelay: 0, codecData: Buffer.from('header'), width: 64, height: 36 },
  pixelAspect: { num: 1, den: 1 },
  ...changes,
});
