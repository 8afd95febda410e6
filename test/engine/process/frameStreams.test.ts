import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import {
  createEngine,
  type FrameImage,
  type FramesJob,
  type Job,
  JOB_DEFAULTS,
  extractFrames,
} from '../../../src/index';
import { samples } from '../../support/images';
import { processes, runningEngines } from '../../support/processes';
import { ff, moving, pixels, scratchFolder } from '../../support/videos';

describe('frameStreams', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const engine = createEngine();
  async function take(options: Partial<FramesJob> = {}): Promise<FrameImage[]> {
    const images: FrameImage[] = [];
    const job = { input: at('source.mkv'), provider: 'cpu', steps: 1, format: 'png', ...options } as const;
    for await (const image of extractFrames(job, { engine })) images.push(image);
    return images;
  }
  const indexes = async (options: Partial<FramesJob>): Promise<number[]> =>
    (await take(options)).map(({ index }) => index);
  const gone = async (): Promise<void> => {
    for (let i = 0; i < 60 && processes(/ffmpeg/).length > 0; i++) await sleep(50);
    assert.deepEqual(processes(/ffmpeg/), []);
  };

  before(async () => {
    await ff(...moving('64x36', '25', 30), '-pix_fmt', 'yuv444p', '-c:v', 'ffv1', at('source.mkv'));
    await ff(
      ...['-f', 'lavfi', '-i', 'color=black:size=64x36:rate=10,trim=end_frame=7'],
      ...['-f', 'lavfi', '-i', 'color=white:size=64x36:rate=10,trim=end_frame=6'],
      ...['-f', 'lavfi', '-i', 'color=black:size=64x36:rate=10,trim=end_frame=5'],
      ...['-filter_complex', '[0:v][1:v][2:v]concat=n=3,format=yuv444p', '-c:v', 'ffv1', at('shots.mkv')],
    );
    await ff(
      ...moving('320x180', '25', 3000),
      '-pix_fmt',
      'yuv420p',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      at('long.mp4'),
    );
  });
  after(async () => {
    await engine.close();
    assert.deepEqual(await runningEngines(), []);
  });

  it('extracts every frame with its index and time', async () => {
    const images = await take();
    assert.equal(images.length, 30);
    const video = await pixels(at('source.mkv'));
    const size = 64 * 36 * 3;
    for (const [i, { data, index, time, dropped, isLast }] of images.entries()) {
      assert.ok((await samples(data)).equals(video.subarray(i * size, (i + 1) * size)), `frame ${i}`);
      assert.deepEqual([index, dropped, isLast], [i, 0, i === 29]);
      assert.ok(Math.abs(time - i / 25) < 0.001);
    }
  });

  it('with the model, frames equal those of the restored video', async () => {
    const job: Job = {
      ...JOB_DEFAULTS,
      model: 'x4',
      ...{
        provider: 'cpu',
        steps: 1,
        input: at('source.mkv'),
        output: at('restored.mkv'),
        codec: 'ffv1',
        pixelFormat: 'gbrp',
      },
    };
    await engine.run(job).result;
    const video = await pixels(at('restored.mkv'));
    const size = 256 * 144 * 3;
    for (const { data, index } of await take({ isUpscaled: true, pick: { by: 'every', n: 9 } }))
      assert.ok((await samples(data)).equals(video.subarray(index * size, (index + 1) * size)), `frame ${index}`);
  });

  it('selects every n-th frame, by rate, at scene changes and at times', async () => {
    assert.deepEqual(await indexes({ pick: { by: 'every', n: 7 } }), [0, 7, 14, 21, 28]);
    assert.deepEqual(await indexes({ pick: { by: 'rate', fps: 5 } }), [0, 5, 10, 15, 20, 25]);
    assert.equal((await indexes({ pick: { by: 'rate', fps: 100 } })).length, 30);
    assert.deepEqual(await indexes({ input: at('shots.mkv'), pick: { by: 'scenes' } }), [0, 7, 13]);
    const times = (...seconds: number[]) => indexes({ pick: { by: 'times', seconds } });
    assert.deepEqual(await times(0, 0.04, 0.1, 0.11, 1), [0, 1, 2, 25]);
    assert.deepEqual(await times(0.2, 99), [5, 29]);
    assert.deepEqual(
      (await take({ pick: { by: 'every', n: 10 } })).map(({ dropped }) => dropped),
      [0, 9, 9],
    );
  });

  it('indexes start at the trimmed range; an empty range is an error', async () => {
    const part = await take({ trim: { start: 0.4, end: 0.8 }, pick: { by: 'every', n: 3 } });
    assert.deepEqual(
      part.map(({ index }) => index),
      [0, 3, 6, 9],
    );
    assert.ok(Math.abs(part[0]!.time - 0.4) < 0.001);
    await assert.rejects(take({ trim: { start: 50, end: null } }), { code: 'SOURCE_EMPTY' });
    await assert.rejects(take({ input: at('none.mkv') }), { code: 'SOURCE_NOT_FOUND' });
    await assert.rejects(take({ pick: { by: 'times', seconds: [2, 1] } }), { code: 'BAD_SETTING' });
  });

  it('scales images down and uses the requested format', async () => {
    const [image] = await take({ width: 32, format: 'jpeg', pick: { by: 'every', n: 100 } });
    const { format, width, height } = await sharp(Buffer.from(image!.data)).metadata();
    assert.deepEqual([format, width, height, image!.width, image!.height], ['jpeg', 32, 18, 32, 18]);
  });

  it('reads only on request, and leaving the loop ends ffmpeg', async () => {
    const frames = extractFrames({ input: at('long.mp4') }, { engine });
    for (let i = 0; i < 3; i++) assert.equal((await frames.next()).done, false);
    const [ffmpeg] = processes(/ffmpeg.*long/);
    assert.ok(ffmpeg, 'ffmpeg waits');
    await frames.return(undefined);
    await gone();
  });

  it('aborting during a request rejects with the reason of the signal', async () => {
    const stop = new AbortController();
    const frames = extractFrames(
      { input: at('long.mp4'), isUpscaled: true, provider: 'cpu', pick: { by: 'every', n: 2999 } },
      { engine, signal: stop.signal },
    );
    const first = frames.next();
    await sleep(300);
    stop.abort(new Error('enough'));
    await assert.rejects(first, /enough/);
    await gone();
  });

  it('after a crash the stream fails and the next video works', async () => {
    const frames = extractFrames({ input: at('long.mp4') }, { engine });
    await frames.next();
    process.kill(engine.pid!, 'SIGKILL');
    await assert.rejects(
      async () => {
        for (let i = 0; i < 100; i++) await frames.next();
      },
      { code: 'ENGINE_CRASHED' },
    );
    await gone();
    assert.equal((await take({ pick: { by: 'every', n: 29 } })).length, 2);
  });

  it('supports two videos at the same time', async () => {
    const [a, b] = await Promise.all([take(), take({ input: at('shots.mkv') })]);
    assert.deepEqual([a.length, b.length], [30, 18]);
  });
});
