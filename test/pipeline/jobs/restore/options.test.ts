import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RemasterError } from '../../../../src/errors';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import {
  type CodecName,
  type Job,
  JOB_DEFAULTS,
  type PixelFormat,
  type Result,
} from '../../../../src/settings/restoreJob';
import { checkJob } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { binary, description, ff, meanDifference, moving, pixels, scratchFolder, times } from '../../../support/videos';

/** Every option is checked in the output file. */
describe('options of restoreVideo', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const never = new AbortController().signal;

  const run = async (input: string, output: string, changes: Partial<Job> = {}, scale = 1): Promise<Result> =>
    restoreVideo(
      checkJob({ ...JOB_DEFAULTS, model: 'x4', codec: 'ffv1', input: at(input), output: at(output), ...changes }),
      { binary: await binary(), openModel: async ({ depth }) => nearest(scale, { depth }) },
      never,
      () => {},
    );
  const refused = (changes: Partial<Job>, words: RegExp, scale = 1, input = 'fast.mkv') =>
    assert.rejects(
      run(input, 'refused.mkv', changes, scale),
      (error: unknown) => error instanceof RemasterError && error.code === 'BAD_SETTING' && words.test(error.message),
    );

  before(async () => {
    const lossless = ['-pix_fmt', 'yuv444p', '-c:v', 'ffv1'];
    await ff(...moving('64x36', '50', 60), ...lossless, at('fast.mkv'));
    await ff(...moving('64x36', '30000/1001', 60), ...lossless, at('ntsc.mkv')); // times in whole milliseconds
    await ff(...moving('64x36', '25', 3), '-vf', 'scale=63:35', ...lossless, at('odd.mkv'));
    await ff('-i', at('fast.mkv'), '-vf', 'scale=128:72:flags=neighbor', ...lossless, at('large.mkv'));
    // a static image with temporal noise, and a moving box
    await ff(
      ...['-f', 'lavfi', '-i', 'testsrc=size=96x64:rate=25,trim=end_frame=1,loop=29:1,setpts=N/25/TB'],
      ...['-f', 'lavfi', '-i', 'color=white:size=12x12:rate=25,trim=end_frame=30'],
      '-filter_complex',
      '[0]noise=alls=6:allf=t[n];[n][1]overlay=x=2*n:y=26:format=yuv444',
      ...['-frames:v', '30'],
      ...lossless,
      at('noisy.mkv'),
    );
  });

  it('maxFps drops frames evenly; the rest keep their times and pixels', async () => {
    const result = await run('fast.mkv', 'slow.mkv', { maxFps: 25 });
    assert.deepEqual([result.framesIn, result.framesOut], [60, 30]);
    const [all, left] = [await times(at('fast.mkv')), await times(at('slow.mkv'))];
    assert.deepEqual(
      left.seconds,
      all.seconds.filter((_, i) => i % 2 === 0),
    );
    const frame = 64 * 36 * 3;
    const [before, after] = [await pixels(at('fast.mkv')), await pixels(at('slow.mkv'))];
    for (let i = 0; i < 30; i++) {
      const [a, b] = [before.subarray(2 * i * frame, (2 * i + 1) * frame), after.subarray(i * frame, (i + 1) * frame)];
      assert.ok(meanDifference(a, b) < 0.6, `frame ${i} is another one`);
    }
  });

  it('maxFps holds on average for any rate, and drops nothing from a slower source', async () => {
    assert.equal((await run('fast.mkv', 'odd rhythm.mkv', { maxFps: 20 })).framesOut, 24);
    for (const maxFps of [30000 / 1001, 30, 60]) {
      assert.equal((await run('ntsc.mkv', `ntsc ${maxFps}.mkv`, { maxFps })).framesOut, 60);
    }
  });

  it('maxHeight scales down a taller source and leaves a lower one unchanged', async () => {
    const result = await run('fast.mkv', 'low.mkv', { maxHeight: 18 }, 2);
    assert.deepEqual([result.width, result.height, result.framesOut], [64, 36, 60]);
    assert.match(await description(at('low.mkv')), /64x36/);
    const same = await run('fast.mkv', 'as it was.mkv', { maxHeight: 36 }, 2);
    assert.deepEqual([same.width, same.height], [128, 72]);
  });

  it('the colours of a large untagged source do not change when it is scaled down', async () => {
    const red = ['-f', 'lavfi', '-i', 'color=0xc03020:size=1280x720:rate=25,trim=end_frame=2'];
    const untagged = ['-vf', 'scale=out_color_matrix=bt709', '-pix_fmt', 'yuv420p', '-c:v', 'ffv1'];
    await ff(...red, ...untagged, at('red.mkv'));
    await run('red.mkv', 'red small.mkv', { maxHeight: 90 });
    const [r, g, b] = await pixels(at('red small.mkv'));
    for (const [made, wanted] of [
      [r!, 0xc0],
      [g!, 0x30],
      [b!, 0x20],
    ] as const) {
      assert.ok(Math.abs(made - wanted) <= 3, `${r}, ${g}, ${b}`);
    }
  });

  it('the output has the requested scale, up to that of the model', async () => {
    const sizes = [];
    for (const scale of [2, 1.5, 4, 0.5]) {
      const { width, height } = await run('odd.mkv', `scaled ${scale}.mkv`, { scale }, 4);
      assert.match(await description(at(`scaled ${scale}.mkv`)), new RegExp(`${width}x${height}`));
      sizes.push([width, height]);
    }
    assert.deepEqual(sizes, [[126, 70], [95, 53], [252, 140], [32, 18]]); // prettier-ignore
    const { width, height } = await run('fast.mkv', 'even.mkv', { scale: 1.3 }, 4);
    assert.deepEqual([width, height], [84, 46]);
    await refused({ scale: 5 }, /upscales ×4, less than the requested ×5/, 4);
    // upscaled by 4 and stored at half the size: equal to nearest-neighbour scaling by 2
    const plain = await run('fast.mkv', 'plain.mkv', {}, 2);
    assert.deepEqual([plain.width, plain.height], [128, 72]);
    await run('fast.mkv', 'halved.mkv', { scale: 2 }, 4);
    assert.ok(meanDifference(await pixels(at('plain.mkv')), await pixels(at('halved.mkv'))) < 2);
  });

  for (const [codec, formats] of Object.entries({
    h264: ['yuv420p', 'yuv422p', 'yuv444p', 'yuv420p10le', 'yuv422p10le', 'yuv444p10le'],
    h265: ['yuv420p', 'yuv444p10le'],
    ffv1: ['yuv420p', 'yuv422p', 'yuv444p', 'yuv444p10le', 'gbrp', 'gbrp10le'],
    prores: ['yuv422p10le'],
    av1: ['yuv420p', 'yuv420p10le'],
  } satisfies Record<Exclude<CodecName, 'custom' | 'png' | 'tiff'>, PixelFormat[]>)) {
    it(`${codec} supports the pixel formats ${formats.join(', ')}`, async () => {
      for (const pixelFormat of formats as PixelFormat[]) {
        const name = `${codec} ${pixelFormat}.mkv`;
        await run('fast.mkv', name, { codec: codec as CodecName, pixelFormat, maxFps: 5 }, 2);
        assert.match(
          await description(at(name)),
          pixelFormat === 'gbrp' ? /bgr0|gbrp/ : new RegExp(`${pixelFormat}\\b`),
        );
        const [a, b] = [await pixels(at(name)), await pixels(at('large.mkv'))];
        const first = 128 * 72 * 3;
        assert.ok(meanDifference(a.subarray(0, first), b.subarray(0, first)) < 9, name);
      }
    });
  }

  it('a custom encoder is used with its options', async () => {
    const custom = { codec: 'custom', maxFps: 5 } as const;
    await run('fast.mkv', 'small.mp4', { ...custom, encoder: 'libx264 -preset ultrafast -crf:v 40 -bf 0' }, 2);
    await run(
      'fast.mkv',
      'fine.mp4',
      { ...custom, encoder: 'libx264 -preset ultrafast -crf 10', pixelFormat: 'yuv444p' },
      2,
    );
    assert.match(await description(at('small.mp4')), /h264.*yuv420p/);
    assert.match(await description(at('fine.mp4')), /h264.*yuv444p/);
    assert.ok((await pixels(at('small.mp4'))).length === (await pixels(at('fine.mp4'))).length);
    await run('fast.mkv', 'mpeg.mkv', { ...custom, encoder: 'mpeg4 -q 3' }, 2);
    assert.match(await description(at('mpeg.mkv')), /mpeg4/);
    await refused({ ...custom, encoder: 'no_such_encoder' }, /cannot encode no_such_encoder/);
  });

  it('a custom encoder accepts only encoding options', () => {
    const job = { ...JOB_DEFAULTS, model: 'x4', input: 'a', output: 'b.mkv', codec: 'custom' } as const;
    for (const encoder of [
      '',
      '-i',
      '-i /etc/passwd',
      'libx264 -i /etc/passwd',
      'libx264 -x264-params stats=/tmp/x',
      'libx264 -crf',
      'libx264 -crf /tmp/x',
      'libx264 -preset slow -f null',
      'libx264 -preset slow out.mp4',
      'libx264 -vf movie=/etc/passwd',
      'libx264 -crf 18 -passlogfile x',
      'libx264 -map 0:1',
      'libx264;rm -crf 3',
    ]) {
      assert.throws(() => checkJob({ ...job, encoder }), { code: 'BAD_SETTING' }, encoder);
    }
    checkJob({ ...job, encoder: '  h264_nvenc  -preset p7 -cq:v 18 -b:v 0 -rc-lookahead 32 ' });
    assert.throws(() => checkJob({ ...job, encoder: null }), /encoder must be set with the codec custom/);
    assert.throws(() => checkJob({ ...job, codec: 'h264', encoder: 'libx264' }), /and only then/);
    assert.throws(() => checkJob({ ...job, encoder: 'libx264', quality: 18 }), /among the options/);
  });

  it('rejects a pixel format that the codec or the frame size does not support', async () => {
    await refused({ codec: 'prores', pixelFormat: 'yuv420p' }, /prores does not support the pixel format yuv420p/);
    await refused({ codec: 'av1', pixelFormat: 'yuv444p' }, /av1 does not support the pixel format yuv444p/);
    await refused({ pixelFormat: 'yuv420p' }, /63×35; yuv420p requires even sides/, 1, 'odd.mkv');
    assert.throws(
      () =>
        checkJob({ ...JOB_DEFAULTS, model: 'x4', input: 'a', output: 'b.mkv', pixelFormat: 'rgb24' as PixelFormat }),
      {
        code: 'BAD_SETTING',
      },
    );
  });

  it('temporalDenoise removes noise from static parts and keeps motion and all frames', async () => {
    const flicker: Record<string, number> = {};
    const frame = 96 * 64 * 3;
    for (const temporalDenoise of ['off', 'low', 'high'] as const) {
      const result = await run('noisy.mkv', `steady ${temporalDenoise}.mkv`, { temporalDenoise });
      assert.equal(result.framesOut, 30);
      assert.deepEqual(
        (await times(at(`steady ${temporalDenoise}.mkv`))).seconds,
        (await times(at('noisy.mkv'))).seconds,
      );
      const made = await pixels(at(`steady ${temporalDenoise}.mkv`));
      const top = (n: number): Buffer => made.subarray(n * frame, n * frame + 20 * 96 * 3); // above the box
      flicker[temporalDenoise] = meanDifference(top(14), top(15));
      const box = ((y: number, x: number) => made[15 * frame + (y * 96 + x) * 3]!)(32, 36);
      assert.ok(box > 200, `the box has become ${box} of 255`);
    }
    assert.ok(flicker['low']! < 0.6 * flicker['off']!, JSON.stringify(flicker));
    assert.ok(flicker['high']! < 0.8 * flicker['low']!, JSON.stringify(flicker));
  });

  it('hardware decoding gives the same frames', async () => {
    await ff(...moving('64x36', '25', 12), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('usual.mp4'));
    await run('usual.mp4', 'gpu.mkv', { hwaccel: 'auto' });
    await run('usual.mp4', 'cpu.mkv', { hwaccel: 'off' });
    assert.deepEqual(await pixels(at('gpu.mkv')), await pixels(at('cpu.mkv')));
  });

  it('rejects a setting out of range before anything starts', () => {
    const wrong: Partial<Job>[] = [
      { scale: 0 },
      { scale: Number.NaN },
      { maxFps: 0 },
      { maxHeight: 4.5 },
      { segment: 0 },
      { concurrency: 0 },
      { order: 4 as 3 },
      { colorFix: 'lab' as 'adain' },
      { temporalDenoise: 'very' as 'high' },
      { hwaccel: 'cuda' as 'auto' },
    ];
    for (const changes of wrong) {
      assert.throws(() => checkJob({ ...JOB_DEFAULTS, model: 'x4', input: 'a', output: 'b.mkv', ...changes }), {
        code: 'BAD_SETTING',
      });
    }
  });
});
