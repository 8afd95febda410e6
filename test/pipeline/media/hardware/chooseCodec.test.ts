import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveCodec } from '../../../../src/pipeline/jobs/live/liveCodec';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { chooseCodec, codecKey } from '../../../../src/pipeline/media/hardware/chooseCodec';
import { chooseDecoder } from '../../../../src/pipeline/media/hardware/chooseDecoder';
import type { FfmpegBinary } from '../../../../src/pipeline/media/findFfmpeg';
import { probe } from '../../../../src/pipeline/media/probe';
import { type Job, JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { type HardwareFfmpeg, hardwareFfmpeg } from '../../../support/hardwareFfmpeg';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

// The stand-in is a shell script that maps h264_nvenc to x264: no real hardware was used.
describe('the choice of an encoder', function () {
  this.timeout(30_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const { signal } = new AbortController();
  const settings = { codec: 'h264', encoder: null, quality: null, pixelFormat: null, hardware: 'auto' } as const;
  const target = { output: '/o.mp4', width: 96, height: 64, depth: 8, chroma: '4:2:0' } as const;
  const choose = (ffmpeg: FfmpegBinary, changes: Partial<Job> = {}, before: string | null = null) =>
    chooseCodec(ffmpeg, { ...settings, ...changes }, target, signal, before);
  let works: HardwareFfmpeg;

  before(async function () {
    if (process.platform !== 'linux') return this.skip();
    works = await hardwareFfmpeg(at('works'), 'works');
    await ff(...moving('64x36', '25', 10), '-pix_fmt', 'yuv420p', '-c:v', 'libx264', at('in.mp4'));
  });
  afterEach(() =>
    assert.deepEqual(
      readdirSync(tmpdir()).filter((name) => name.startsWith('remaster-probe-')),
      [],
    ),
  );

  it('takes hardware that encodes test frames, and tests it once', async () => {
    const { codec, warnings } = await choose(works);
    assert.deepEqual([codec.encoder, codec.pixelFormat, warnings], ['h264_nvenc', 'yuv420p', []]);
    const [encode, decode] = works.calls();
    assert.match(encode!, /-video_size 96x64 .*format=nv12 .*-c:v h264_nvenc -preset p5 -rc vbr -cq 16 -b:v 0 /);
    assert.match(decode!, /probe\.nut .*format=gray/);
    await choose(works);
    assert.equal(works.calls().length, 2);
    assert.equal((await choose(works, { hardware: 'nvenc', quality: 20 })).codec.options[7], '20');
    assert.equal(works.calls().length, 4); // another quality is another test
  });

  for (const [behaviour, why] of [
    ['refuses', /h264_nvenc: Cannot load libcuda\.so\.1/],
    ['darkens', /h264_nvenc: the test frames came back wrong, by \d+ of 255 levels/],
    ['loses', /h264_nvenc: The encoder h264_nvenc wrote 2 of 4 frames/],
  ] as const) {
    it(`falls back to software and says why: it ${behaviour}`, async () => {
      const ffmpeg = await hardwareFfmpeg(at(behaviour), behaviour);
      const { codec, warnings } = await choose(ffmpeg);
      assert.equal(codec.encoder, 'libx264');
      assert.match(warnings[0]!, /^No hardware encodes h264 here, so libx264 did: /);
      assert.match(warnings[0]!, why);
      await assert.rejects(choose(ffmpeg, { hardware: 'nvenc' }), { code: 'BAD_SETTING', message: why });
      assert.equal(ffmpeg.passed.size, 0); // it may be mended
    });
  }

  it('the real ffmpeg of a machine without hardware is refused, or encodes', async () => {
    const { codec, warnings } = await choose(await binary());
    assert.equal(codec.encoder === 'libx264', warnings.length === 1);
    if (codec.encoder === 'libx264')
      await assert.rejects(choose(await binary(), { hardware: 'vaapi' }), { code: 'BAD_SETTING' });
  });

  it('without the setting, and of codecs that no hardware encodes, it is software', async () => {
    const before = works.calls().length;
    assert.equal((await choose(works, { hardware: 'off' })).codec.encoder, 'libx264');
    assert.equal(
      (await chooseCodec(works, { ...settings, codec: 'ffv1' }, { ...target, output: '/o.mkv' }, signal)).codec.encoder,
      'ffv1',
    );
    assert.equal((await choose(works, { pixelFormat: 'yuv422p' })).codec.encoder, 'libx264');
    assert.equal(works.calls().length, before);
  });

  it('a job that is continued keeps its encoder', async () => {
    const software = await choose(works, { hardware: 'off' });
    const quick = await chooseCodec(works, { ...settings, hardware: 'off' }, { ...target, isQuick: true }, signal);
    assert.notEqual(codecKey(software.codec), codecKey(quick.codec));
    for (const { codec } of [software, quick]) {
      assert.deepEqual((await choose(works, {}, codecKey(codec))).codec, codec);
      assert.deepEqual((await choose(works, { hardware: 'off' }, codecKey(codec))).codec, codec);
    }
    const { codec } = await choose(works);
    assert.equal((await choose(works, {}, codecKey(codec))).codec.encoder, 'h264_nvenc');
    assert.equal((await choose(works, {}, 'another')).codec.encoder, 'h264_nvenc');
  });

  it('is in the result of a job', async () => {
    const job = {
      ...JOB_DEFAULTS,
      input: at('in.mp4'),
      output: at('out.mp4'),
      model: 'nearest',
      hardware: 'auto',
    } as const;
    const tools = { binary: works, openModel: async () => nearest(2) };
    const { encoder, framesOut, warnings } = await restoreVideo(job, tools, signal, () => {});
    assert.deepEqual([encoder, framesOut, warnings.length], ['h264_nvenc', 10, works.origin === 'bundled' ? 1 : 0]);
    assert.ok(existsSync(at('out.mp4')));
  });

  it('of a camera waits for no later frame', async () => {
    const size = { width: 96, height: 64 };
    const { encoder, options } = await liveCodec(works, { quality: null, hardware: 'auto' }, size, signal);
    assert.equal(encoder, 'h264_nvenc');
    assert.match(options.join(' '), /-cq 23 -b:v 0 -tune ull -bf 0 -zerolatency 1 -g 250 -force_key_frames expr:/);
    const refuses = await hardwareFfmpeg(at('refuses live'), 'refuses');
    assert.equal((await liveCodec(refuses, { quality: 30, hardware: 'auto' }, size, signal)).encoder, 'libx264');
    await assert.rejects(liveCodec(refuses, { quality: 30, hardware: 'nvenc' }, size, signal), { code: 'BAD_SETTING' });
  });

  it('decoders of hardware are used where their frames are those of software, to the bit', async () => {
    const info = await probe(works, at('in.mp4'), signal);
    const methods = [['cuda', [null]]] as const;
    assert.deepEqual(await chooseDecoder(works, info, signal, methods), ['-hwaccel', 'cuda']);
    const other = await hardwareFfmpeg(at('other'), 'darkens');
    assert.deepEqual(await chooseDecoder(other, info, signal, methods), []);
    assert.deepEqual(await chooseDecoder(await binary(), info, signal, [['none', [null]]]), []);
  });
});
