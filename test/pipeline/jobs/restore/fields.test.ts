import assert from 'node:assert/strict';
import { join } from 'node:path';
import { StoppedError } from '../../../../src/errors';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { resolveColour } from '../../../../src/pipeline/media/colour';
import { openVideo } from '../../../../src/pipeline/media/decode';
import { probe } from '../../../../src/pipeline/media/probe';
import { readAs } from '../../../../src/pipeline/media/reading';
import { checkJob, type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
import { cinema, interlaced, telecined } from '../../../support/interlaced';
import { binary, ff, passthrough, scratchFolder, times } from '../../../support/videos';

const never = new AbortController().signal;
const EXACT = 'bicubic+accurate_rnd+full_chroma_int+full_chroma_inp';

/** The fields of videos become frames: their pixels and times are those that ffmpeg alone makes of them. */
describe('fields', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);

  const run = async (
    input: string,
    output: string,
    changes: Partial<Job> = {},
    signal = never,
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<Result> =>
    restoreVideo(
      checkJob({ ...JOB_DEFAULTS, model: 'x4', codec: 'ffv1', input: at(input), output: at(output), ...changes }),
      { binary: await binary(), openModel: async ({ depth }) => nearest(1, { depth }) },
      signal,
      onProgress,
    );

  /** Frames as the pipeline gets them: times in seconds, and pixels. */
  async function decoded(input: string, changes: Partial<Job>): Promise<{ seconds: number[]; frames: Buffer[] }> {
    const found = await binary();
    const info = await readAs(found, await probe(found, at(input), never), { ...JOB_DEFAULTS, ...changes }, never);
    const how = { depth: 8, temporalDenoise: 'off', hwaccel: 'off', from: 0 } as const;
    await using source = openVideo(found, info, { ...how, colour: resolveColour(info.colour, info) }, never);
    const [seconds, frames]: [number[], Buffer[]] = [[], []];
    for await (const { pts, data } of source.read()) {
      seconds.push((pts * info.timeBase.num) / info.timeBase.den);
      frames.push(Buffer.from(data));
    }
    return { seconds, frames };
  }

  /** What ffmpeg alone makes of a file. */
  const alone = async (input: string, filters: string): Promise<Buffer> =>
    ff(
      ...['-i', at(input), '-map', '0:v:0', '-vf', `${filters},scale=flags=${EXACT},format=rgb24`],
      ...[...(await passthrough()), '-f', 'rawvideo', '-'],
    );

  const closeTo = (found: readonly number[], wanted: readonly number[], off: number): void => {
    assert.equal(found.length, wanted.length);
    for (const [i, time] of found.entries())
      assert.ok(Math.abs(time - wanted[i]!) <= off, `frame ${i}: ${time} s, not ${wanted[i]} s`);
  };
  const every = (count: number, seconds: number, from = 0): number[] =>
    Array.from({ length: count }, (_, i) => from + i * seconds);

  it('at the end of a video, ffmpeg writes frames before a time that an earlier one needs', async () => {
    // Frames larger than the buffer of a pipe: ffmpeg waits for the reader, and the reader must not wait for the time.
    const weave = 'tinterlace=interleave_top,setfield=tff';
    const large = ['-f', 'lavfi', '-i', 'testsrc2=size=720x576:rate=50', '-frames:v', '6', '-vf', weave];
    await ff(...large, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', at('large.mkv'));
    const { seconds } = await decoded('large.mkv', { deinterlace: 'double' });
    closeTo(seconds, every(12, 0.02), 1e-9);
  });

  before(async () => {
    await interlaced(at('top.mkv'), 30);
    await interlaced(at('bottom.mkv'), 30, { first: 'bottom' });
    await interlaced(at('pal.ts'), 40);
    await cinema(at('24p.mkv'), 48);
    await telecined(at('24p.mkv'), at('ntsc.mkv'));
    await telecined(at('24p.mkv'), at('ntsc.ts'));
  });

  describe('double', () => {
    it('every field becomes a frame, as ffmpeg makes them', async () => {
      for (const [name, parity] of [
        ['top.mkv', 'tff'],
        ['bottom.mkv', 'bff'],
      ] as const) {
        // prettier-ignore
        const { seconds, frames } = await decoded(name, { deinterlace: 'double' });
        assert.ok(Buffer.concat(frames).equals(await alone(name, `bwdif=mode=send_field:parity=${parity}:deint=all`)));
        closeTo(seconds, every(60, 0.02), 0.001);
      }
    });

    it('50i becomes 50p: twice the frames at the times of the fields, with the sound in place', async () => {
      const result = await run('pal.ts', 'double.mp4', { deinterlace: 'double', codec: 'h264' });
      const source = (await times(at('pal.ts'))).seconds;
      assert.deepEqual([result.framesOut, result.warnings], [2 * source.length, []]);
      const { seconds } = await times(at('double.mp4'));
      closeTo(seconds, every(80, 0.02, seconds[0]), 1e-9);
      const [before, after] = [await soundStart('pal.ts'), await soundStart('double.mp4')];
      assert.ok(Math.abs(before - after) < 0.03, `${before} against ${after}`);
    });

    /** Seconds of the sound's first packet after the video's first frame. */
    async function soundStart(name: string): Promise<number> {
      const list = (await ff('-i', at(name), '-map', '0:v:0', '-map', '0:a:0', '-c', 'copy', '-copyts', '-f', 'framecrc', '-')).toString(); // prettier-ignore
      const first = (stream: number): number => {
        const [, num, den] = new RegExp(`^#tb ${stream}: (\\d+)/(\\d+)`, 'm').exec(list)!;
        const all = [...list.matchAll(new RegExp(`^${stream}, *-?\\d+, *(-?\\d+),`, 'gm'))].map(([, pts]) =>
          Number(pts),
        );
        return (Math.min(...all) * Number(num)) / Number(den);
      };
      return first(1) - first(0);
    }

    it('a range, a maximum rate and a resumed job take the same frames', async () => {
      const whole = await framemd5At('pal.ts', 'whole.mkv', { deinterlace: 'double' });
      const part = await framemd5At('pal.ts', 'part.mkv', { deinterlace: 'double', trim: { start: 0.5, end: 1.02 } });
      assert.deepEqual(part.map(({ md5 }) => md5), whole.slice(25, 51).map(({ md5 }) => md5)); // prettier-ignore
      const slow = await framemd5At('pal.ts', 'slow.mkv', { deinterlace: 'double', maxFps: 25 });
      assert.deepEqual(slow.map(({ md5 }) => md5), whole.filter((_, i) => i % 2 === 0).map(({ md5 }) => md5)); // prettier-ignore
      assert.deepEqual(await resumed('pal.ts', 'resumed.mkv', { deinterlace: 'double', segment: 9 }), whole);
    });

    it('of progressive video, too, and of a single frame', async () => {
      await ff('-i', at('24p.mkv'), '-frames:v', '1', '-c', 'copy', at('one.mkv'));
      assert.equal((await decoded('one.mkv', { deinterlace: 'double' })).seconds.length, 2);
      assert.equal((await decoded('24p.mkv', { deinterlace: 'double' })).seconds.length, 96);
    });
  });

  const framemd5At = async (input: string, output: string, changes: Partial<Job>) => {
    await run(input, output, changes);
    return framemd5(at(output));
  };

  /** A job that is stopped after 20 frames and continued. */
  async function resumed(input: string, output: string, changes: Partial<Job>) {
    const stop = new AbortController();
    const early = ({ frame }: Progress): void => {
      if (frame >= 20) stop.abort(new StoppedError(true));
    };
    await assert.rejects(run(input, output, changes, stop.signal, early));
    const { resumedFrom } = await run(input, output, changes);
    assert.ok(resumedFrom >= 9);
    return framemd5(at(output));
  }

  describe('field order', () => {
    it('is that of the frames where the file says a wrong one', async () => {
      await ff('-i', at('bottom.mkv'), '-vf', 'setfield=tff', '-c:v', 'ffv1', at('wrong.mkv'));
      const { frames } = await decoded('wrong.mkv', {});
      const right = await alone('bottom.mkv', 'bwdif=mode=send_frame:parity=bff:deint=all');
      assert.ok(Buffer.concat(frames).equals(right));
    });

    it('is that of the job, if it says one', async () => {
      const { frames } = await decoded('top.mkv', { fieldOrder: 'bottom' });
      assert.ok(Buffer.concat(frames).equals(await alone('top.mkv', 'bwdif=mode=send_frame:parity=bff:deint=all')));
    });

    it('progressive leaves the frames as they are', async () => {
      const { frames } = await decoded('top.mkv', { fieldOrder: 'progressive' });
      assert.ok(Buffer.concat(frames).equals(await alone('top.mkv', 'null')));
    });
  });

  describe('telecine', () => {
    it('brings 24p back: its frames, 24000/1001 per second', async () => {
      for (const name of ['ntsc.mkv', 'ntsc.ts']) {
        const { seconds, frames } = await decoded(name, { deinterlace: 'telecine' });
        closeTo(seconds, every(48, 1001 / 24000), name === 'ntsc.ts' ? 1e-6 : 0.0011);
        const original = await alone('24p.mkv', 'null');
        const same = frames.filter((frame, i) => distance(frame, original.subarray(i * frame.length)) < 3);
        assert.ok(same.length >= 46, `${same.length} of 48 frames are the original ones`);
      }
    });

    it('whatever the number of frames: cycles that are not whole are no error', async () => {
      for (const frames of [56, 57, 58, 59]) {
        const name = `${frames}.mkv`;
        await ff('-i', at('ntsc.mkv'), '-frames:v', String(frames), '-an', '-c', 'copy', at(name));
        assert.equal((await decoded(name, { deinterlace: 'telecine' })).seconds.length, 44 + (frames - 55));
      }
      const { framesOut, warnings } = await run('58.mkv', '58.out.mkv', { deinterlace: 'telecine' });
      assert.deepEqual([framesOut, warnings], [47, []]);
    });

    it('after a cut in the middle of a cycle, the rate and the number of frames stay', async () => {
      const cut = 'select=not(between(n\\,27\\,29)),setpts=N*1001/30000/TB';
      await ff('-i', at('ntsc.mkv'), '-an', '-vf', cut, '-c:v', 'ffv1', at('cut.mkv')); // 57 frames, another phase
      const { seconds, frames } = await decoded('cut.mkv', { deinterlace: 'telecine' });
      closeTo(seconds, every(46, 1001 / 24000), 0.0011);
      const original = await alone('24p.mkv', 'null');
      const size = frames[0]!.length;
      const originals = every(48, size).map((from) => original.subarray(from, from + size));
      const last = frames.slice(-12).filter((frame) => originals.some((one) => distance(frame, one) < 3));
      assert.ok(last.length >= 10, `${last.length} of the last 12 frames are original ones`);
    });

    it('a resumed job has the same frames, and the output its times', async () => {
      const settings = { deinterlace: 'telecine', codec: 'h264', segment: 9 } as const;
      const whole = await run('ntsc.ts', '24p.mp4', settings);
      assert.deepEqual([whole.framesOut, whole.warnings], [48, []]);
      assert.deepEqual(await resumed('ntsc.ts', '24p resumed.mp4', settings), await framemd5(at('24p.mp4')));
      const { seconds } = await times(at('24p.mp4'));
      closeTo(seconds, every(48, 1001 / 24000, seconds[0]), 1e-5);
    });
  });

  const distance = (a: Buffer, b: Buffer): number => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
    return sum / a.length;
  };
});
