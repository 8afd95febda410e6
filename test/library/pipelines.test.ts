import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { filter, lastValueFrom, map, take, tap, toArray } from 'rxjs';
import {
  cameraFrames,
  mapFrames,
  type ReadOptions,
  type RemasterError,
  restore,
  toJpeg,
  toVideo,
  upscale,
  type VideoFrame,
  videoFrames,
} from '../../src/index';
import { failing } from '../support/failing';
import { framemd5 } from '../support/framemd5';
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

  it('without a model, the one that suits the file or the camera is taken, and named', async () => {
    const camera = cameraFrames({ kind: 'pattern', size: '64x36', rate: 10 });
    for (const [frames$, chosen] of [
      [videoFrames(source), /^The model x4 was chosen, because it is small, with 64×36\.$/],
      [camera, /^The model x4-live was chosen, because a camera does not wait\.$/],
    ] as const) {
      const warnings: string[] = [];
      const onWarning = (warning: string): void => void warnings.push(warning);
      const frame = await lastValueFrom(frames$.pipe(take(1), upscale({ onWarning, threads: 1 })));
      assert.deepEqual([frame.width, frame.height], [256, 144]);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, chosen);
    }
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

  describe('of a damaged file', () => {
    const FRAMES = 200;
    before(async () => {
      const sound = ['-f', 'lavfi', '-i', 'sine=duration=8', '-c:a', 'aac'];
      const video = ['-c:v', 'libx264', '-g', '25', '-threads', '1', '-movflags', '+faststart'];
      await ff(...moving('64x48', '25', FRAMES), ...sound, ...video, at('kept film.mp4'));
      await ff('-i', at('kept film.mp4'), '-c', 'copy', at('kept film.mkv'));
    });

    /** A copy whose bytes in this part, from 0 to 1, are 0. */
    function zeroed(from: number, to: number): string {
      const bytes = readFileSync(at('kept film.mp4'));
      const [first, end] = [from, to].map((share) => Math.floor(bytes.length * share));
      writeFileSync(at('kept damaged.mp4'), bytes.fill(0, first, end));
      return at('kept damaged.mp4');
    }

    /** Its frames as remaster gives them, until an error, if any. */
    async function read(file: string, options: ReadOptions = {}) {
      const indexes: number[] = [];
      const warnings: string[] = [];
      const frames$ = videoFrames(file, { ...options, onWarning: (warning) => warnings.push(warning) }).pipe(
        mapFrames(async (frame) => {
          await sleep(1);
          return frame;
        }),
        tap(({ index }) => indexes.push(index)),
      );
      const error = await lastValueFrom(frames$).then(
        () => null,
        (reason: unknown) => reason as RemasterError,
      );
      return { frames: indexes.length, code: error?.code ?? null, message: error?.message ?? '', warnings };
    }

    it('an intact file ends without a word', async () => {
      const { frames, code, warnings } = await read(at('kept film.mp4'));
      assert.deepEqual([frames, code, warnings], [FRAMES, null, []]);
    });

    it('all that can be decoded comes, then SOURCE_DAMAGED', async () => {
      const damaged = zeroed(0.3, 0.5);
      const { frames, code, message } = await read(damaged);
      assert.equal(frames, (await framemd5(damaged)).length);
      assert.equal(code, 'SOURCE_DAMAGED');
      assert.match(message, /damaged\.mp4 is damaged: \d+ of 20\d frames are missing \(\d\.\d\d s\): between .* s\.$/);
    });

    it('a little is a warning, and a cut that leaves the damage out is whole', async () => {
      const { frames, code, warnings } = await read(zeroed(0.4, 0.41));
      assert.ok(frames < FRAMES && code === null, `${frames} frames, ${code}`);
      assert.match(warnings[0]!, /^[12] of 200 frames are missing/);
      const cut = await read(zeroed(0.3, 0.5), { trim: { start: 5, end: 7 } });
      assert.deepEqual([cut.frames, cut.code, cut.warnings], [50, null, []]);
    });

    it('a file that is cut off: SOURCE_TRUNCATED', async () => {
      const bytes = readFileSync(at('kept film.mkv'));
      writeFileSync(at('kept cut.mkv'), bytes.subarray(0, bytes.length * 0.55));
      const { frames, code } = await read(at('kept cut.mkv'));
      assert.deepEqual([frames, code], [(await framemd5(at('kept cut.mkv'))).length, 'SOURCE_TRUNCATED']);
    });

    it('one that is left early is not judged', async () => {
      assert.equal((await lastValueFrom(videoFrames(zeroed(0.3, 0.5)).pipe(take(5), toArray()))).length, 5);
    });

    it('toVideo keeps what was read under another name, and reports it', async () => {
      const damaged = zeroed(0.3, 0.5);
      const written = lastValueFrom(videoFrames(damaged).pipe(toVideo(at('kept out.mkv'), { codec: 'ffv1' })));
      await assert.rejects(written, { code: 'SOURCE_DAMAGED', message: /saved to .*kept out\.partial\.mkv\.$/ });
      assert.equal((await framemd5(at('kept out.partial.mkv'))).length, (await framemd5(damaged)).length);
      assert.deepEqual(leftovers(), []);
    });

    it('toVideo keeps what was read of a file that is removed meanwhile', async () => {
      copyFileSync(at('kept film.mkv'), at('kept gone.mkv'));
      const removed$ = videoFrames(at('kept gone.mkv')).pipe(
        tap(({ index }) => index === 20 && rmSync(at('kept gone.mkv'))),
        toVideo(at('kept rest.mkv'), { codec: 'ffv1' }),
      );
      await assert.rejects(lastValueFrom(removed$), { code: 'SOURCE_CHANGED', message: /kept rest\.partial\.mkv\.$/ });
      assert.ok((await framemd5(at('kept rest.partial.mkv'))).length > 20);
    });
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
