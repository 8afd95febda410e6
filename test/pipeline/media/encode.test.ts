import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createVideo, encodedColour, type Encoding } from '../../../src/pipeline/media/encode';
import type { FfmpegBinary } from '../../../src/pipeline/media/findFfmpeg';
import { readNut } from '../../../src/pipeline/media/readNut';
import { descendants, processes } from '../../support/processes';
import { mostReactions } from '../../support/reactions';
import {
  BT709,
  bundled,
  codecOf,
  decoded,
  encodingOf,
  FFMPEGS,
  frames,
  never,
  run,
  SIZE,
} from '../../support/segments';
import { binary, description, meanDifference, scratchFolder } from '../../support/videos';

const FRAME_BYTES = SIZE.width * SIZE.height * 3;

describe('createVideo', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  /** A shell script instead of ffmpeg. In it, `real` is ffmpeg with its arguments. */
  async function fake(script: string, ffmpeg = binary): Promise<FfmpegBinary> {
    const real = await ffmpeg();
    const path = at('fake ffmpeg');
    writeFileSync(path, `#!/bin/sh\nreal() { "${real.path}" "$@"; }\n${script}\n`, { mode: 0o755 });
    return { ...real, path };
  }

  async function encode(ffmpeg: FfmpegBinary, count: number, changes: Partial<Encoding> = {}): Promise<void> {
    const encoding = encodingOf(codecOf(ffmpeg, 'ffv1', 'mkv'), changes);
    await using sink = createVideo(ffmpeg, at('segment.nut'), encoding, never);
    for (const frame of await frames(count)) await sink.write(frame);
    await sink.finish();
  }

  for (const [name, ffmpeg] of FFMPEGS) {
    it(`every frame is encoded by ${name}, with its pixels, tags and size`, async () => {
      const program = await ffmpeg();
      const codec = codecOf(program, 'ffv1', 'mkv');
      const data = await frames(5);
      for (const depth of [8, 16] as const) {
        const encoding = encodingOf(codec, {
          depth,
          stored: { width: 64, height: 36 },
          pixelAspect: { num: 405, den: 404 },
        });
        await using sink = createVideo(program, at('deep.nut'), encoding, never);
        for (const frame of data)
          await sink.write(depth === 8 ? frame : Buffer.from(Uint16Array.from(frame, (x) => x * 257).buffer));
        await sink.finish();
        const { stream, frames: encoded } = await readNut(at('deep.nut'));
        assert.deepEqual([encoded.length, stream.width, stream.height], [5, 64, 36]);
        assert.deepEqual(stream.pixelAspect, { num: 405, den: 404 });
      }
      await using sink = createVideo(program, at('same.nut'), encodingOf(codec), never);
      for (const frame of data) await sink.write(frame);
      await sink.finish();
      const shown = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
      const matrix = [
        '-vf',
        'scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd+full_chroma_int+full_chroma_inp',
      ];
      const pixels = run(await binary(), '-v', 'error', '-i', at('same.nut'), ...matrix, ...shown);
      assert.ok(meanDifference(pixels, Buffer.concat(data)) < 1);
    });
  }

  it('the encoder leaves the cores to the model', async () => {
    const ffmpeg = await binary();
    await using sink = createVideo(ffmpeg, at('low.nut'), encodingOf(codecOf(ffmpeg, 'ffv1', 'mkv')), never);
    for (const frame of await frames(4)) await sink.write(frame);
    const own = descendants(process.pid).filter(({ command }) => command.includes('low.nut'));
    assert.deepEqual(
      own.map(({ pid }) => getPriority(pid)),
      [constants.priority.PRIORITY_LOW],
    );
    await sink.finish();
  });

  it('a lost frame is an error, although ffmpeg reports success', async () => {
    const script = `(head -c ${4 * FRAME_BYTES}; cat >/dev/null) | real "$@"`;
    await assert.rejects(encode(await fake(script), 5), {
      code: 'ENCODE_FAILED',
      message: 'The encoder ffv1 wrote 4 of 5 frames.',
      remedy: /Try another codec/,
    });
    await encode(await fake(script), 4);
  });

  it('an additional frame is an error', async () => {
    const script = `(cat; head -c ${FRAME_BYTES} /dev/zero) | real "$@"`;
    await assert.rejects(encode(await fake(script), 5), { message: 'The encoder ffv1 wrote 6 of 5 frames.' });
  });

  it('what an encoder prints decides nothing: some print their settings', async () => {
    await encode(
      await fake(`echo '[x @ 0x1] [error] Svt[info]: broken?' >&2; real "$@"; echo 'No space left on device' >&2`),
      2,
    );
  });

  it('leaves nothing behind with each frame', async () => {
    const ffmpeg = await binary();
    const wide = { width: 256, height: 144, stored: { width: 256, height: 144 } }; // each fills the pipe
    await using sink = createVideo(ffmpeg, at('many.nut'), encodingOf(codecOf(ffmpeg, 'ffv1', 'mkv'), wide), never);
    const most = await mostReactions(async () => {
      for (let i = 0; i < 100; i++) await sink.write(Buffer.alloc(256 * 144 * 3, i));
    });
    assert.ok(most < 20, `${most} on one promise`);
  });

  it('the first error ends ffmpeg, with an exit code', async () => {
    const program = await fake(`printf '%s\\n' "$@" > "$0.args"; real "$@"`);
    await encode(program, 1);
    assert.ok(readFileSync(`${program.path}.args`, 'utf8').split('\n').includes('-xerror'));
  });

  it('an ffmpeg that ends early is an error with its reason', async () => {
    for (const count of [1, 100]) {
      const failed = encode(await fake("echo 'Cannot allocate memory' >&2; exit 1"), count);
      await assert.rejects(failed, {
        code: 'ENCODE_FAILED',
        message: 'ffmpeg ended with code 1: Cannot allocate memory',
      });
      await assert.rejects(encode(await fake('kill -9 $$'), count), { message: 'ffmpeg ended with SIGKILL' });
    }
    const silent = encode(await fake(`head -c ${FRAME_BYTES} >/dev/null; echo late >&2; exit 0`), 100);
    await assert.rejects(silent, {
      code: 'ENCODE_FAILED',
      message: 'ffmpeg exited before it had received all frames.',
      detail: 'late\n',
    });
    rmSync(at('segment.nut'), { force: true });
    await assert.rejects(encode(await fake('cat >/dev/null'), 1), { code: 'ENCODE_FAILED', message: /cannot be read/ });
  });

  it('a frame after the end is refused', async () => {
    const ffmpeg = await fake('exit 0');
    await using sink = createVideo(ffmpeg, at('segment.nut'), encodingOf(codecOf(ffmpeg, 'ffv1', 'mkv')), never);
    const [frame] = await frames(1);
    const failed = { code: 'ENCODE_FAILED', message: 'ffmpeg exited before it had received all frames.' };
    await assert.rejects(async () => {
      for (;;) await sink.write(frame!);
    }, failed);
    await assert.rejects(sink.write(frame!), failed);
    await assert.rejects(sink.write(frame!), failed);
  });

  it('a full disk is an error, whatever ffmpeg reports', async function () {
    if (!existsSync('/dev/full')) this.skip();
    for (const count of [1, 20]) {
      const encoding = encodingOf(codecOf(await binary(), 'ffv1', 'mkv'));
      await using sink = createVideo(await binary(), '/dev/full', encoding, never);
      await assert.rejects(
        async () => {
          for (const frame of await frames(count)) await sink.write(frame);
          await sink.finish();
        },
        { code: 'ENCODE_FAILED' },
      );
    }
  });

  it('write waits while the encoder does not read', async () => {
    const ffmpeg = await fake(`while [ ! -e "$0.go" ]; do sleep 0.02; done; real "$@"`);
    await using sink = createVideo(ffmpeg, at('segment.nut'), encodingOf(codecOf(ffmpeg, 'ffv1', 'mkv')), never);
    const all = await frames(40);
    let written = 0;
    const writing = (async () => {
      for (const frame of all) {
        await sink.write(frame);
        written++;
      }
    })();
    await sleep(300);
    assert.ok(written < 20, `${written} frames`); // a pipe holds 64 to 256 KiB
    writeFileSync(at('fake ffmpeg.go'), '');
    await writing;
    await sink.finish();
    assert.equal((await readNut(at('segment.nut'))).frames.length, 40);
  });

  it('disposed before its end, it leaves no process', async () => {
    const encoding = encodingOf(codecOf(await binary(), 'ffv1', 'mkv'));
    {
      await using sink = createVideo(await binary(), at('segment.nut'), encoding, never);
      await sink.write((await frames(1))[0]!);
      assert.equal(processes(/rawvideo.*segment\.nut/).length, 1);
    }
    assert.deepEqual(processes(/rawvideo.*segment\.nut/), []);
    const stop = new AbortController();
    await using sink = createVideo(await binary(), at('segment.nut'), encoding, stop.signal);
    stop.abort(new Error('stopped'));
    await assert.rejects(sink.finish(), /stopped/);
  });

  it('the nominal frame rate is between 1 and 240, and 25 where it is unknown', async () => {
    const ffmpeg = await fake(`echo "$@" > "$0.args"; real "$@"`);
    for (const [framesPerSecond, rate] of [
      [null, '25/1'],
      [29.97, '30000/1001'],
      [0, '1/1'],
      [0.99, '1/1'],
      [1, '1/1'],
      [1.5, '3/2'],
      [239, '239/1'],
      [240, '240/1'],
      [240.5, '240/1'],
      [90_000, '240/1'],
    ] as const) {
      await encode(ffmpeg, 1, { framesPerSecond });
      assert.match(readFileSync(at('fake ffmpeg.args'), 'utf8'), new RegExp(` -framerate ${rate} `));
    }
  });

  it('every frame is passed through, with the option of the version of ffmpeg', async () => {
    for (const [, ffmpeg] of FFMPEGS) {
      const program = await fake('echo "$@" > "$0.args"; real "$@"', ffmpeg);
      await encode(program, 1);
      const args = readFileSync(at('fake ffmpeg.args'), 'utf8');
      assert.equal(args.includes(' -fps_mode passthrough '), program.hasFpsMode);
      assert.equal(args.includes(' -vsync 0 '), !program.hasFpsMode); // removed in ffmpeg 9
    }
  });

  it('R′G′B′ becomes BT.709 in codecs that store Y′CbCr', () => {
    const h264 = (pixelFormat: string) => ({ name: 'h264', pixelFormat }) as const;
    const rgb = { matrix: 'gbr', primaries: 'bt709', transfer: 'iec61966-2-1', range: 'pc' } as const;
    for (const format of ['bgr0', 'gbrp', 'gbrp10le']) assert.deepEqual(encodedColour(rgb, h264(format)), rgb);
    for (const format of ['yuv420p', 'yuv444p10le'])
      assert.deepEqual(encodedColour(rgb, h264(format)), { ...rgb, matrix: 'bt709', range: 'tv' });
    for (const format of ['yuv420p', 'bgr0']) assert.deepEqual(encodedColour(BT709, h264(format)), BT709);
  });

  it('the tags of the encoded stream are those of its colour', async () => {
    const ffmpeg = await bundled();
    const codec = codecOf(ffmpeg, 'h264', 'mkv');
    const colour = { ...BT709, matrix: 'smpte170m', primaries: 'smpte170m' };
    await using sink = createVideo(ffmpeg, at('tags.nut'), encodingOf(codec, { colour }), never);
    for (const frame of await frames(2)) await sink.write(frame);
    await sink.finish();
    assert.match(await description(at('tags.nut')), /yuv420p\(tv, smpte170m\/smpte170m\/bt709/);
    assert.equal(decoded(ffmpeg, at('tags.nut')).length, 2);
  });
});
