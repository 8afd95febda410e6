import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ASSEMBLE_DEFAULTS,
  type AssembleJob,
  type Bytes,
  createEngine,
  type Engine,
  extractFrames,
  type JsonBuffer,
  makeVideo,
  type TimedImage,
} from '../../../src/index';
import { pattern, samples } from '../../support/images';
import { root } from '../../support/root';
import { enginesAndFfmpegs } from '../../support/processes';
import { ff, moving, passthrough, pixels, scratchFolder, times } from '../../support/videos';

describe('videoAssemblies', function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  const engine = createEngine();
  let count = 0;
  const assemble = (
    images: AsyncIterable<Bytes | TimedImage>,
    options: Partial<AssembleJob> = {},
    signal?: AbortSignal,
  ) =>
    makeVideo(
      images,
      { output: at(`video ${count++}.mkv`), codec: 'ffv1', ...options },
      { engine, ...(signal && { signal }) },
    );
  const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.'));

  /** All frames of a video as images with their times. */
  async function* taken(input: string, withTimes = true): AsyncGenerator<TimedImage> {
    for await (const { data, time } of extractFrames({ input, format: 'png' }, { engine }))
      yield { source: { kind: 'file', data }, time: withTimes ? time : null };
  }
  async function* patterns(
    sizes: readonly (readonly [number, number])[],
    channels: 1 | 3 | 4 = 3,
  ): AsyncGenerator<Uint8Array> {
    for (const [width, height] of sizes) yield await pattern(width, height, channels).png().toBuffer();
  }

  before(async () => {
    await ff(...moving('64x36', '25', 12), '-pix_fmt', 'yuv444p', '-c:v', 'ffv1', at('source.mkv'));
    await ff(...moving('128x96', '25', 12), '-pix_fmt', 'yuv444p', '-c:v', 'ffv1', at('large.mkv')); // the minimum of SVT-AV1 is 64 pixels
    // 25 frames a second, with two of three frames missing in places
    await ff(
      ...moving('64x36', '25', 30),
      ...[
        '-vf',
        "select='not(between(n,5,9))*not(eq(n,20))'",
        ...(await passthrough()),
        '-c:v',
        'ffv1',
        '-pix_fmt',
        'yuv444p',
        at('uneven.mkv'),
      ],
    );
  });
  afterEach(() => assert.deepEqual(leftovers(), []));
  after(async () => {
    await engine.close();
    assert.deepEqual(await enginesAndFfmpegs(), []);
  });

  for (const source of ['source.mkv', 'uneven.mkv']) {
    it(`${source}: extracted and assembled frames are bit-identical, with the same times`, async () => {
      const { output, frames } = await assemble(taken(at(source)));
      assert.ok((await pixels(output)).equals(await pixels(at(source))));
      const [before, after] = [await times(at(source)), await times(output)];
      assert.equal(frames, before.seconds.length);
      for (const [i, second] of after.seconds.entries()) assert.ok(Math.abs(second - before.seconds[i]!) < 0.0011);
    });
  }

  it('takes the bytes of images in every form', async () => {
    const [first, second] = await Promise.all([32, 32].map((side) => pattern(side, side).png().toBuffer()));
    async function* forms(): AsyncGenerator<Bytes | TimedImage> {
      yield first!;
      yield Uint8Array.from(first!).buffer;
      yield JSON.parse(JSON.stringify(second)) as JsonBuffer;
      yield { source: { kind: 'file', data: JSON.parse(JSON.stringify(second)) as Uint8Array }, time: null };
    }
    assert.equal((await assemble(forms())).frames, 4);
  });

  it('a frame rate takes precedence over times, and 29.97 is 30000/1001', async () => {
    const { output } = await assemble(taken(at('uneven.mkv')), { fps: 29.97, output: at('ntsc.mp4'), codec: 'h264' });
    const { seconds } = await times(output);
    for (const [i, second] of seconds.entries())
      assert.ok(Math.abs(second - (i * 1001) / 30_000) < 0.0001, `${second}`);
    const usual = await times((await assemble(taken(at('source.mkv'), false))).output);
    for (const [i, second] of usual.seconds.entries()) assert.ok(Math.abs(second - i / 25) < 0.0011);
  });

  for (const [codec, ending] of [
    ['h264', 'mp4'],
    ['h264', 'mkv'],
    ['h265', 'mp4'],
    ['av1', 'mp4'],
    ['prores', 'mov'],
  ] as const) {
    it(`${codec} in .${ending}`, async () => {
      const { output, frames } = await assemble(taken(at('large.mkv')), { codec, output: at(`${codec}.${ending}`) });
      assert.equal(frames, 12);
      assert.equal((await times(output)).seconds.length, 12);
    });
  }

  it('supports odd sizes, one image, greyscale and alpha', async () => {
    const { output, width } = await assemble(patterns([[37, 23]]), { output: at('odd.mp4'), codec: 'h264' });
    assert.equal(width, 37);
    assert.equal((await times(output)).seconds.length, 1);
    const grey = await assemble(patterns([[32, 32]], 1));
    assert.ok((await pixels(grey.output)).equals(await pattern(32, 32, 1).toColourspace('srgb').raw().toBuffer()));
    const plain = await samples(await pattern(32, 32, 4).removeAlpha().png().toBuffer());
    assert.ok((await pixels((await assemble(patterns([[32, 32]], 4))).output)).equals(plain));
  });

  it('fits an image of another size into the frame, with a warning', async () => {
    const { width, height, frames, warnings, output } = await assemble(
      patterns([
        [64, 32],
        [32, 32],
      ]),
    );
    assert.deepEqual([width, height, frames], [64, 32, 2]);
    assert.match(warnings.join(), /into that of the first \(64×32\)/);
    const second = (await pixels(output)).subarray(64 * 32 * 3);
    assert.deepEqual([...second.subarray(0, 3)], [0, 0, 0]); // black borders
  });

  it('leaves no file after an error', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* patterns([[32, 32]]);
      yield Buffer.from('not an image');
    }
    const output = at('never.mkv');
    await assert.rejects(assemble(broken(), { output }), { code: 'IMAGE_UNREADABLE' });
    await assert.rejects(assemble(patterns([]), { output }), { code: 'SOURCE_EMPTY' });
    await assert.rejects(assemble(patterns([[8, 8]]), { output, codec: 'prores', pixelFormat: 'gbrp' }), {
      code: 'BAD_SETTING',
    });
    async function* back(): AsyncGenerator<TimedImage> {
      for await (const data of patterns([
        [8, 8],
        [8, 8],
      ]))
        yield { source: { kind: 'file', data }, time: 1 };
    }
    await assert.rejects(assemble(back(), { output }), { code: 'BAD_SETTING', message: /arrived after a later one/ });
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let i = 0; ; i++) {
        if (i === 5) stop.abort(new Error('enough'));
        yield* patterns([[32, 32]]);
      }
    }
    await assert.rejects(assemble(endless(), { output }, stop.signal), /enough/);
    assert.ok(!existsSync(output));
    writeFileSync(at('there.mkv'), 'mine');
    await assert.rejects(assemble(patterns([[8, 8]]), { output: at('there.mkv') }), { code: 'OUTPUT_EXISTS' });
    await assert.rejects(assemble(patterns([[8, 8]]), { output: at('nowhere/x.mkv') }), { code: 'OUTPUT_UNWRITABLE' });
  });

  it('a stop while the video is finished deletes it', async () => {
    const stop = new AbortController();
    const own = {
      get pid() {
        return engine.pid;
      },
      ask: ((what, args, signal) => {
        const answer = engine.ask(what, args, signal);
        if (what === 'closeAssembly') stop.abort(new Error('enough'));
        return answer;
      }) as Engine['ask'],
    } as Engine;
    const output = at('finished.mkv');
    const made = makeVideo(patterns([[32, 32]]), { output, codec: 'ffv1' }, { engine: own, signal: stop.signal });
    await assert.rejects(made, /enough/);
    assert.deepEqual([existsSync(output), leftovers()], [false, []]);
  });

  it('two videos with one output: the second is rejected, the first completes', async () => {
    const output = at('twice.mkv');
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield* patterns([[32, 32]]);
      await assert.rejects(assemble(patterns([[8, 8]]), { output }), { code: 'OUTPUT_BUSY' });
      yield* patterns([[32, 32]]);
    }
    assert.equal((await assemble(slow(), { output })).frames, 2);
  });

  it('a crash just before the engine is closed leaves nothing once that has settled', async () => {
    const own = createEngine();
    await own.ask('openAssembly', { id: 'a', job: { ...ASSEMBLE_DEFAULTS, output: at('closed.mkv'), codec: 'ffv1' } });
    const data = await pattern(32, 32, 3).png().toBuffer();
    await own.ask('addImage', { id: 'a', source: { kind: 'file', data }, time: null });
    for (let i = 0; i < 500; i++) writeFileSync(join(folder, leftovers()[0]!, `more ${i}`), '');
    process.kill(own.pid!, 'SIGKILL');
    await own.close();
    assert.deepEqual(leftovers(), []);
  });

  it('a killed program leaves nothing', async () => {
    const script = `
      const { createEngine, makeVideo } = require(${JSON.stringify(join(root, 'dist/src'))});
      async function* images() {
        yield Buffer.from(${JSON.stringify((await pattern(32, 32, 3).png().toBuffer()).toString('base64'))}, 'base64');
        console.log('open');
        await new Promise(() => setInterval(() => {}, 1000));
      }
      makeVideo(images(), { output: ${JSON.stringify(at('orphan.mkv'))}, codec: 'ffv1' }, { engine: createEngine() });`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    assert.equal(leftovers().length, 1);
    child.kill('SIGKILL');
    for (let i = 0; i < 200 && leftovers().length > 0; i++) await sleep(50);
    assert.ok(!existsSync(at('orphan.mkv')));
  });

  it('a crash fails the video and leaves no file', async () => {
    const output = at('killed.mkv');
    async function* until(): AsyncGenerator<Uint8Array> {
      yield* patterns([[32, 32]]);
      process.kill(engine.pid!, 'SIGKILL');
      yield* patterns([
        [32, 32],
        [32, 32],
      ]);
    }
    await assert.rejects(assemble(until(), { output }), { code: 'ENGINE_CRASHED' });
    for (let i = 0; i < 60 && leftovers().length > 0; i++) await sleep(50);
    assert.ok(!existsSync(output));
    assert.equal((await assemble(patterns([[32, 32]]))).frames, 1);
  });
});
