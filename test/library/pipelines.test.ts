import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { filter, lastValueFrom, map, take, tap, toArray } from 'rxjs';
import {
  cameraFrames,
  mapFrames,
  restore,
  toJpeg,
  toVideo,
  upscale,
  type VideoFrame,
  videoFrames,
} from '../../src/index';
import { failing } from '../support/failing';
import { enginesAndFfmpegs } from '../support/processes';
import { withFolder, writeTiny } from '../support/tinyBundle';
import { description, ff, moving, passthrough, pixels, scratchFolder, times } from '../support/videos';

describe('pipelines of the library', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const source = at('source.mkv');
  const fast = { model: 'x4-live' } as const;
  const leftovers = (): string[] => readdirSync(folder).filter((name) => name !== 'source.mkv' && !/^kept/.test(name));

  before(() =>
    ff(
      ...moving('64x36', '25', 30),
      ...['-f', 'lavfi', '-i', 'sine=duration=1.2', '-metadata', 'title=Our house'],
      ...['-pix_fmt', 'yuv420p', '-c:v', 'ffv1', '-c:a', 'flac', source],
    ),
  );
  afterEach(async () => assert.deepEqual(await enginesAndFfmpegs(), [], 'nothing is left running'));

  it('read, upscale and write give the frames, the times, the sound and the metadata of restore', async () => {
    await restore({ input: source, output: at('kept restored.mkv'), codec: 'ffv1', ...fast });
    const pipeline = videoFrames(source).pipe(upscale(fast), toVideo(at('kept piped.mkv'), { codec: 'ffv1' }));
    const { frames, width, height, warnings } = await lastValueFrom(pipeline);
    assert.deepEqual([frames, width, height, warnings], [30, 256, 144, []]);
    assert.ok((await pixels(at('kept piped.mkv'))).equals(await pixels(at('kept restored.mkv'))));
    assert.deepEqual(await times(at('kept piped.mkv')), await times(at('kept restored.mkv')));
    const text = await description(at('kept piped.mkv'));
    assert.match(text, /Audio: flac/);
    assert.match(text, /Our house/);
  });

  it("a user's operators may change pixels, leave frames out and stop early; the sound ends with the frames", async () => {
    const inverted = map((frame: VideoFrame) => ({ ...frame, data: frame.data.map((sample) => 255 - sample) }));
    const half = filter(({ index }: VideoFrame) => index % 2 === 0);
    const pipeline = videoFrames(source).pipe(
      inverted,
      half,
      take(5),
      toVideo(at('kept half.mkv'), { codec: 'ffv1', pixelFormat: 'gbrp' }),
    );
    const { frames, warnings } = await lastValueFrom(pipeline);
    assert.deepEqual([frames, warnings], [5, []]);
    const { seconds } = await times(at('kept half.mkv'));
    assert.deepEqual(
      seconds.map((time) => Math.round(time * 100)),
      [0, 8, 16, 24, 32],
    );
    const [before, after] = [await pixels(source), await pixels(at('kept half.mkv'))];
    assert.deepEqual(after.subarray(0, 30), Buffer.from(before.subarray(0, 30).map((sample) => 255 - sample)));
    assert.match(await description(at('kept half.mkv')), /Duration: 00:00:00\.(3[2-9]|4\d)/);
  });

  it('the last frame and the sound last to the end of the range', async () => {
    const uneven = at('kept uneven.mkv'); // frames at 0, 0.04 and 0.9 s
    const timed = ['-vf', "setpts='if(eq(N,2),0.9,N*0.04)/TB'", ...(await passthrough())];
    const sound = ['-f', 'lavfi', '-i', 'sine=duration=1.2'];
    await ff(...moving('64x36', '25', 3), ...sound, ...timed, '-c:v', 'ffv1', '-c:a', 'flac', uneven);
    for (const [input, options, seconds] of [
      [source, { trim: { start: 0, end: 1 }, maxFps: 2 }, 1],
      [source, { trim: { start: 0.2, end: 60 }, maxFps: 2 }, 1],
      [uneven, { trim: { start: 0, end: 0.8 } }, 0.8],
    ] as const) {
      const writing = toVideo(at('kept cut.mkv'), { codec: 'ffv1', overwrite: true });
      await lastValueFrom(videoFrames(input, options).pipe(writing));
      const found = await durations(at('kept cut.mkv'));
      for (const one of found) assert.ok(Math.abs(one - seconds) < 0.06, `${found.join()}, not ${seconds}`);
    }
  });

  it('a result is not lost with its work folder, which cannot be deleted', async () => {
    const isFrames = (path: string): boolean => path.endsWith('frames.nut');
    const write = () => lastValueFrom(videoFrames(source).pipe(take(2), toVideo(at('kept result.mkv'))));
    const { warnings } = await failing('rm', isFrames, write);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /^.*\.kept result\.mkv\.remaster could not be deleted: EIO: i\/o error\.$/);
    rmSync(at('.kept result.mkv.remaster'), { recursive: true });
  });

  it('a camera: the newest frames, upscaled, as JPEGs and as a video', async () => {
    const camera = { kind: 'pattern', size: '64x36', rate: 10 } as const;
    const jpegs = await lastValueFrom(cameraFrames(camera).pipe(take(3), upscale(fast), toJpeg(), toArray()));
    assert.deepEqual(
      jpegs.map(({ width, height, data }) => [width, height, data[0], data[1]]),
      Array(3).fill([256, 144, 0xff, 0xd8]),
    );
    assert.ok(jpegs[0]!.time < jpegs[1]!.time && jpegs[1]!.time < jpegs[2]!.time);
    const written = await lastValueFrom(cameraFrames(camera).pipe(take(5), toVideo(at('kept camera.mp4'))));
    assert.deepEqual([written.frames, written.width, written.height], [5, 64, 36]);
  });

  it('a slow camera pipeline gets the newest frames, not a queue', async () => {
    const indexes: number[] = [];
    const frames$ = cameraFrames({ kind: 'pattern', size: '64x36', rate: 50 }).pipe(
      mapFrames(async (frame) => {
        await sleep(200);
        return frame;
      }),
      tap(({ index }) => indexes.push(index)),
      take(4),
    );
    await lastValueFrom(frames$);
    assert.ok(indexes.at(-1)! >= 12, indexes.join()); // a queue would give 0, 1, 2, 3
  });

  it('work that takes time makes the source wait', async () => {
    let read = 0;
    let most = 0;
    let finished = 0;
    const frames$ = videoFrames(source).pipe(
      tap(() => (most = Math.max(most, ++read - finished))),
      mapFrames(async (frame) => {
        await sleep(2);
        finished++;
        return frame;
      }),
    );
    await lastValueFrom(frames$);
    assert.deepEqual([read, finished], [30, 30]);
    assert.ok(most <= 4, `${most} frames were alive`);
  });

  it('an error of any operator ends everything and leaves nothing', async () => {
    const throwing = map((frame: VideoFrame) => {
      if (frame.index === 7) throw new Error('mine');
      return frame;
    });
    await assert.rejects(lastValueFrom(videoFrames(source).pipe(throwing, toVideo(at('a.mkv')))), /^Error: mine$/);
    const otherSize = map((frame: VideoFrame) =>
      frame.index < 3 ? frame : { ...frame, height: 18, data: frame.data.subarray(0, 64 * 18 * 3) },
    );
    const cases = [
      [videoFrames(source).pipe(otherSize, toVideo(at('b.mkv'))), 'BAD_SETTING'],
      [
        videoFrames(source).pipe(
          map((frame) => ({ ...frame, pts: 0 })),
          toVideo(at('c.mkv')),
        ),
        'BAD_SETTING',
      ],
      [videoFrames(source).pipe(upscale({ model: 'nothing' }), toVideo(at('d.mkv'))), 'MODEL_NOT_FOUND'],
      [videoFrames(source, { trim: { start: 60, end: null } }).pipe(toVideo(at('e.mkv'))), 'SOURCE_EMPTY'],
      [videoFrames(at('none.mkv')).pipe(toVideo(at('f.mkv'))), 'SOURCE_NOT_FOUND'],
      [videoFrames(source).pipe(toVideo(source)), 'BAD_SETTING'],
      [videoFrames(source).pipe(toVideo(at('g.xyz'))), 'BAD_SETTING'],
    ] as const;
    for (const [pipeline, code] of cases) await assert.rejects(lastValueFrom<unknown>(pipeline), { code });
    assert.deepEqual(leftovers(), []);
  });

  it('a model that cannot be used as the settings say is closed', () =>
    withFolder(async (model) => {
      await writeTiny(model, 'dossr', { side: 32 });
      const ended: Promise<unknown>[] = [];
      const note = (worker: Worker): void => void ended.push(once(worker, 'exit'));
      process.on('worker', note);
      try {
        const frames$ = videoFrames(source).pipe(upscale({ model, tile: 99 }));
        await assert.rejects(lastValueFrom(frames$), { code: 'BAD_SETTING', message: /supports only tiles of 32/ });
        assert.equal(ended.length, 1);
        await Promise.all(ended); // its thread ends with the last model
      } finally {
        process.off('worker', note);
      }
    }));

  it('settings are checked when the pipeline is made', () => {
    assert.throws(() => upscale({ steps: 0 }), { code: 'BAD_SETTING' });
    assert.throws(() => toJpeg({ quality: 101 }), { code: 'BAD_SETTING' });
  });

  it('unsubscribing ends ffmpeg and the model, and deletes the unfinished file', async () => {
    let count = 0;
    const subscription = videoFrames(source)
      .pipe(
        upscale(fast),
        tap(() => count++),
        mapFrames(async (frame) => {
          await sleep(50);
          return frame;
        }),
        toVideo(at('h.mkv')),
      )
      .subscribe({ error: (error: unknown) => assert.fail(String(error)) });
    while (count < 3) await sleep(10);
    subscription.unsubscribe();
    const end = performance.now() + 5000;
    while (leftovers().length > 0 || (await enginesAndFfmpegs()).length > 0) {
      assert.ok(performance.now() < end, [...leftovers(), ...(await enginesAndFfmpegs())].join());
      await sleep(50);
    }
  });
});

/** When the last packet of the video and of the sound ends, in seconds. */
async function durations(path: string): Promise<number[]> {
  const list = await ff('-i', `file:${path}`, '-map', '0', '-c', 'copy', '-f', 'framecrc', '-');
  const text = list.toString();
  return [0, 1].map((stream) => {
    const [, num, den] = new RegExp(`^#tb ${stream}: (\\d+)/(\\d+)`, 'm').exec(text)!;
    const packets = [...text.matchAll(new RegExp(`^${stream}, *-?\\d+, *(-?\\d+), *(\\d+),`, 'gm'))];
    const ends = packets.map(([, pts, duration]) => Number(pts) + Number(duration));
    return (Math.max(...ends) * Number(num)) / Number(den);
  });
}
