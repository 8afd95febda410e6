import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FfmpegBinary } from '../../../src/pipeline/media/findFfmpeg';
import type { Rational } from '../../../src/pipeline/media/frame';
import { muxVideo, muxWithSource } from '../../../src/pipeline/media/mux';
import { probe, type VideoInfo } from '../../../src/pipeline/media/probe';
import type { VideoTimes } from '../../../src/pipeline/media/trackClock';
import type { Container } from '../../../src/settings/container';
import { type CodecName, type Job, JOB_DEFAULTS } from '../../../src/settings/restoreJob';
import { processes } from '../../support/processes';
import {
  BT709,
  bundled,
  codecOf,
  decoded,
  FFMPEGS,
  frames,
  never,
  packetsOf,
  run,
  writeSegment,
} from '../../support/segments';
import { binary, description, ff, scratchFolder } from '../../support/videos';

const CONTAINERS = ['mp4', 'mov', 'mkv'] as const;
const CLOCK = { num: 1, den: 25 };
const COPY = { codec: 'copy', becomes: null };

describe('mux', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  const made = new Set<string>();
  /** The path of a segment of some frames. */
  async function segment(codec: CodecName, count = 6): Promise<string> {
    const path = at(`${codec} ${count}.nut`);
    if (made.has(path)) return path;
    await writeSegment(await binary(), path, codecOf(await binary(), codec, 'mkv'), await frames(count));
    made.add(path);
    return path;
  }

  async function mux(
    ffmpeg: FfmpegBinary,
    container: Container,
    times: VideoTimes,
    codec: CodecName = 'h264',
  ): Promise<readonly string[]> {
    const paths = [await segment(codec, times.pts.length)];
    const video = { codec: codecOf(await binary(), codec, container), colour: BT709, paths, times };
    return muxVideo(ffmpeg, video, at(`out.${container}`), never);
  }

  /** A shell script instead of ffmpeg when it muxes. In it, `real` is ffmpeg, and `$output` the path of the output. */
  async function fake(script: string, ffmpeg = binary, whenReading = 'real "$@"'): Promise<FfmpegBinary> {
    const real = await ffmpeg();
    const path = at('fake ffmpeg');
    const head = `#!/bin/sh\nreal() { "${real.path}" "$@"; }\nfor last; do output="\${last#file:}"; done\n`;
    writeFileSync(path, `${head}case "$*" in *framecrc*) ${whenReading};; *) ${script};; esac\n`, { mode: 0o755 });
    return { ...real, path };
  }

  const six = (timeBase: Rational, first: number, step: number): VideoTimes => {
    const pts = Array.from({ length: 6 }, (_, i) => first + i * step);
    return { pts, end: first + 6 * step, timeBase };
  };
  const NANOSECONDS = { num: 1, den: 1_000_000_000 };
  const STARTS: readonly VideoTimes[] = [
    six(CLOCK, 0, 1),
    six({ num: 1001, den: 24_000 }, 7, 1),
    six({ num: 1, den: 90_000 }, 1, 3003),
    six({ num: 1, den: 1_000_000 }, 7, 40_000),
    six({ num: 1, den: 600 }, 36_001, 20),
    ...[1, 499, 500, 501, 1499, 1500, 1501, 2500, 1_000_000_007, 999_999_500].map((first) =>
      six(NANOSECONDS, first, 40_000_001),
    ),
  ];

  for (const [name, ffmpeg] of FFMPEGS) {
    for (const container of CONTAINERS) {
      it(`the first frame keeps its time in .${container} by ${name}`, async () => {
        const program = await ffmpeg();
        for (const times of STARTS) {
          const { pts, timeBase } = times;
          // A track of the bundled ffmpeg starts on a millisecond.
          const isExact = container !== 'mkv' && program.hasFpsMode;
          assert.deepEqual(await mux(program, container, times), []);
          const found = packetsOf(await binary(), at(`out.${container}`), '-v', 'error');
          const shown = found.packets.map((packet) => packet.pts).toSorted((a, b) => a - b);
          const ratio = (timeBase.num * found.timeBase.den) / (timeBase.den * found.timeBase.num);
          const wanted = pts.map((time) => time * ratio);
          const isShifted = container !== 'mkv' && !isExact;
          if (isExact) assert.deepEqual(shown, wanted, `${pts[0]} of ${timeBase.num}/${timeBase.den}`);
          else if (isShifted) {
            assert.deepEqual(
              shown.map((time) => time - shown[0]!),
              wanted.map((time) => time - wanted[0]!),
            );
            assert.ok(Math.abs(shown[0]! - wanted[0]!) <= found.timeBase.den / found.timeBase.num / 1000);
          } else assert.ok(shown.every((time, i) => Math.abs(time - wanted[i]!) <= 0.5));
          assert.equal(decoded(await binary(), at(`out.${container}`), '-v', 'error').length, 6);
        }
      });

      it(`a single frame, and two that are reordered, keep their times in .${container} by ${name}`, async () => {
        const program = await ffmpeg();
        if (container !== 'mkv' && !program.hasFpsMode) return; // a track starts on a millisecond, as above
        for (const pts of [[341], [341, 1365], [682, 1706, 2730]]) {
          const times = { pts, end: pts.at(-1)! + 1024, timeBase: { num: 1, den: 10_240 } };
          assert.deepEqual(await mux(program, container, times), []);
        }
      });

      it(`no frame is lost where the last one has the usual duration, in .${container} by ${name}`, async () => {
        const program = await ffmpeg();
        for (const { pts, timeBase } of [
          six(CLOCK, 0, 1),
          six({ num: 1, den: 600 }, 0, 20),
          six(NANOSECONDS, 0, 10 ** 8),
        ]) {
          const end = pts.at(-1)! + pts[1]!;
          assert.deepEqual(await mux(program, container, { pts, timeBase, end }), []);
          assert.equal(decoded(await binary(), at(`out.${container}`)).length, 6);
          const [, total] = /Duration: 00:00:([\d.]+)/.exec(await description(at(`out.${container}`)))!;
          const wanted = (6 * pts[1]! * timeBase.num) / timeBase.den;
          assert.ok(Math.abs(Number(total) - wanted) < 0.011, `${total} s, not ${wanted} s`);
        }
        assert.deepEqual(await mux(program, container, { pts: [0], timeBase: CLOCK, end: 1 }), []);
        assert.equal(decoded(await binary(), at(`out.${container}`)).length, 1);
      });

      it(`the last frame lasts as long as asked in .${container} by ${name}`, async () => {
        const program = await ffmpeg();
        for (const seconds of [0.04, 2]) {
          const times = { pts: [0, 1, 2, 3, 4, 5], end: 5 + seconds * 25, timeBase: CLOCK };
          assert.deepEqual(await mux(program, container, times), []);
          const [, total] = /Duration: 00:00:([\d.]+)/.exec(await description(at(`out.${container}`)))!;
          assert.ok(Math.abs(Number(total) - 0.2 - seconds) < 0.011, `${total} s`);
        }
      });
    }
  }

  it('warns where the duration of the last frame could not be stored', async () => {
    const ffmpeg = await fake('real "$@" && printf more >> "$output"');
    const times = { pts: [0, 1, 2, 3, 4, 5], timeBase: { num: 1001, den: 24_000 } };
    for (const container of CONTAINERS) {
      assert.deepEqual(await mux(ffmpeg, container, { ...times, end: 8 }), [
        'The time for which the last frame is shown (0.125 s) could not be stored in the output.',
      ]);
    }
  });

  it('H.265 is tagged hvc1, which players of Apple require', async () => {
    for (const container of ['mp4', 'mov'] as const) {
      await mux(await binary(), container, six(CLOCK, 0, 1), 'h265');
      assert.match(await description(at(`out.${container}`)), /hevc .*\(hvc1 /);
      await mux(await binary(), container, six(CLOCK, 0, 1), 'h264');
      assert.match(await description(at(`out.${container}`)), /h264 .*\(avc1 /);
    }
    await mux(await binary(), 'mkv', six(CLOCK, 0, 1), 'h265');
    assert.doesNotMatch(await description(at('out.mkv')), /hvc1/);
  });

  it('the colour tags are in the container', async () => {
    await mux(await binary(), 'mkv', six(CLOCK, 0, 1), 'ffv1');
    assert.match(await description(at('out.mkv')), /yuv444p\(tv, bt709, progressive\)/);
  });

  it('a frame that is missing or at another time in the output is an error', async () => {
    const times = six(CLOCK, 10, 1);
    const drop = await fake('real "$@"', binary, 'real "$@" | sed "\\$d"');
    await assert.rejects(mux(drop, 'mp4', times), { code: 'ENCODE_FAILED', message: /has 5 frames instead of 6/ });
    // All frames one tick later: only tracks of the bundled ffmpeg in MP4 and MOV may start up to 1 ms off.
    const late = `real "$@" | awk -F, 'BEGIN { OFS = "," } /^0,/ { $3 += 1 } { print }'`;
    const thousandth = six({ num: 1, den: 1000 }, 40, 40);
    for (const container of CONTAINERS) {
      for (const kind of [binary, bundled]) {
        const ffmpeg = await fake('real "$@"', kind, late);
        const muxed = mux(ffmpeg, container, thousandth);
        if (!ffmpeg.hasFpsMode && container !== 'mkv') assert.deepEqual(await muxed, []);
        else await assert.rejects(muxed, { message: /Frame 0 .* at the wrong time, tick 41 / });
      }
    }
  });

  it('an ffmpeg that ends early is an error with its reason', async () => {
    const times = { pts: Array.from({ length: 100 }, (_, i) => i), end: 100, timeBase: CLOCK };
    const reason = { code: 'ENCODE_FAILED', message: 'ffmpeg ended with code 1: Cannot allocate memory' };
    const failed = "echo 'Cannot allocate memory' >&2; exit 1";
    for (const script of [failed, `head -c 30000 >/dev/null; ${failed}`, `cat >/dev/null; ${failed}`])
      await assert.rejects(mux(await fake(script), 'mkv', times, 'ffv1'), reason);
    await assert.rejects(mux(await fake('head -c 30000 >/dev/null; kill -9 $$'), 'mkv', times, 'ffv1'), {
      message: 'ffmpeg ended with SIGKILL',
    });
    // It reports success, but the output has only the beginning, or nothing.
    const short = 'head -c 90000 | real "$@"; exit 0';
    await assert.rejects(mux(await fake(short), 'mkv', times, 'ffv1'), { message: /frames instead of 100/ });
    rmSync(at('out.mkv'));
    await assert.rejects(mux(await fake('exit 0'), 'mkv', times, 'ffv1'), { message: /No such file/ });
  });

  it('a segment that cannot be read is an error, and leaves no process', async () => {
    const first = await segment('ffv1', 100);
    const codec = codecOf(await binary(), 'ffv1', 'mkv');
    const times = { pts: Array.from({ length: 106 }, (_, i) => i), end: 106, timeBase: CLOCK };
    const second = at('second.nut');
    const attempt = async (ffmpeg: FfmpegBinary): Promise<readonly string[]> =>
      muxVideo(ffmpeg, { codec, colour: BT709, paths: [first, second], times }, at('out.mkv'), never);
    const left = (): string[] => processes(/pipe:0.*out\.mkv/);
    await assert.rejects(attempt(await binary()), {
      code: 'ENCODE_FAILED',
      message: /second\.nut cannot be read: ENOENT/,
    });
    for (const cut of [1, 5000]) {
      const whole = readFileSync(await segment('ffv1', 6));
      writeFileSync(second, whole.subarray(0, whole.length - cut));
      const error = { code: 'ENCODE_FAILED', message: /second\.nut is incomplete or damaged/ };
      await assert.rejects(attempt(await binary()), error);
      assert.deepEqual(left(), []);
      await assert.rejects(attempt(await fake('cat >/dev/null; exec sleep 60')), error);
    }
    writeFileSync(second, readFileSync(await segment('ffv1', 6)));
    assert.deepEqual(await attempt(await binary()), []);
    // It disappears after its header was read.
    const removed = await fake(`head -c 30000 >/dev/null; rm "${second}"; cat >/dev/null`);
    await assert.rejects(attempt(removed), { code: 'ENCODE_FAILED', message: /second\.nut cannot be read: ENOENT/ });
  });

  it('stopping ends ffmpeg and rejects with the reason', async () => {
    const codec = codecOf(await binary(), 'ffv1', 'mkv');
    const times = { pts: Array.from({ length: 100 }, (_, i) => i), end: 100, timeBase: CLOCK };
    const stop = new AbortController();
    const ffmpeg = await fake('touch "$0.started"; exec sleep 60');
    const video = { codec, colour: BT709, paths: [await segment('ffv1', 100)], times };
    const muxing = muxVideo(ffmpeg, video, at('out.mkv'), stop.signal);
    const timer = setInterval(() => existsSync(at('fake ffmpeg.started')) && stop.abort(new Error('stopped')), 20);
    await assert.rejects(muxing, /stopped/);
    clearInterval(timer);
    assert.deepEqual(processes(/^\d+ sleep 60/), []);
  });

  describe('muxWithSource', () => {
    const source = at('source.mkv');
    let described: Promise<VideoInfo> | undefined;
    before(async () => {
      writeFileSync(
        at('chapters.txt'),
        ';FFMETADATA1\ntitle=Two\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=400\ntitle=One\n',
      );
      await ff(
        ...[
          '-f',
          'lavfi',
          '-i',
          'testsrc2=size=64x36:rate=25,trim=end_frame=50',
          '-f',
          'lavfi',
          '-i',
          'sine=duration=2',
        ],
        ...['-i', at('chapters.txt'), '-map', '0:v', '-map', '1:a', '-map_metadata', '2'],
        ...['-metadata:s:v:0', 'comment=mine', '-metadata:s:a:0', 'title=Tone'],
        ...['-c:v', 'mpeg4', '-c:a', 'aac', source],
      );
    });

    async function withSource(
      ffmpeg: FfmpegBinary,
      container: Container,
      changes: Partial<Job>,
    ): Promise<readonly string[]> {
      const job: Job = { ...JOB_DEFAULTS, input: source, output: at(`out.${container}`), ...changes };
      const info = await (described ??= probe(await binary(), source, never));
      const paths = [await segment('h264', 50)];
      const times = { pts: Array.from({ length: 50 }, (_, i) => i), end: 50, timeBase: CLOCK };
      const video = { codec: codecOf(await binary(), 'h264', container), colour: BT709, paths, times };
      const carried = job.audio === 'none' ? [] : [{ stream: info.media.streams[1]!, treatment: COPY }];
      return muxWithSource(ffmpeg, video, job.output, { info, delay: 0, job, carried, firstOnly: false }, never);
    }

    for (const [name, ffmpeg] of FFMPEGS) {
      for (const container of CONTAINERS) {
        it(`audio, chapters and metadata are copied to .${container} by ${name}`, async () => {
          assert.deepEqual(await withSource(await ffmpeg(), container, {}), []);
          const metadata = run(
            await binary(),
            '-v',
            'error',
            '-i',
            at(`out.${container}`),
            '-f',
            'ffmetadata',
            '-',
          ).toString();
          assert.match(metadata, /^title=Two\n/m);
          assert.match(metadata, /\[CHAPTER\][^]*title=One/);
          const text = await description(at(`out.${container}`));
          assert.match(text, /Audio: aac/);
          if (container === 'mkv') assert.match(text, /ENCODER *: libx264\n/);
          if (container === 'mkv') assert.match(text, /COMMENT *: mine\n/);
          assert.equal(decoded(await binary(), at(`out.${container}`)).length, 50);
        });

        it(`without extras and audio, .${container} by ${name} has only the video`, async () => {
          assert.deepEqual(await withSource(await ffmpeg(), container, { audio: 'none', extras: false }), []);
          const text = await description(at(`out.${container}`));
          for (const word of [/Audio/, /Chapter/, /Two/, /mine/, /Tone/]) assert.doesNotMatch(text, word);
        });
      }
    }

    it('a cut takes the audio of the same part', async () => {
      const ffmpeg = await fake('echo "$@" > "$0.args"; real "$@"');
      for (const [trim, options] of [
        [null, ' pipe:0 -protocol_whitelist '],
        [{ start: 0.5, end: null }, ' pipe:0 -ss 0.5 -protocol_whitelist '],
        [{ start: 0, end: 1.5 }, ' pipe:0 -ss 0 -t 1.5 -protocol_whitelist '],
        [{ start: 0.5, end: 1.25 }, ' pipe:0 -ss 0.5 -t 0.75 -protocol_whitelist '],
      ] as const)
        for (const container of ['mp4', 'mkv'] as const) {
          await withSource(ffmpeg, container, { trim });
          const args = readFileSync(at('fake ffmpeg.args'), 'utf8');
          assert.ok(args.includes(options), args);
          assert.equal(/ -copypriorss 0 /.test(args), trim !== null || container === 'mkv');
        }
    });
  });
});
