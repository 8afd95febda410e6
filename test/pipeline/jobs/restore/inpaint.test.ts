import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RemasterError, StoppedError } from '../../../../src/errors';
import { openModel } from '../../../../src/model/inference/openModel';
import { restoreVideo } from '../../../../src/pipeline/jobs/restore/restoreVideo';
import { type Job, JOB_DEFAULTS, type Progress, type Result } from '../../../../src/settings/restoreJob';
import { processes } from '../../../support/processes';
import { writeHoles } from '../../../support/tinyBundle';
import { binary, ff, moving, passthrough, pixels, scratchFolder } from '../../../support/videos';

const [WIDTH, HEIGHT, FRAMES] = [96, 64, 10];
const PLANE = WIDTH * HEIGHT;

describe('restoreVideo with an inpainting model', () => {
  const folder = scratchFolder();
  const at = (name: string): string => join(folder, name);
  let model: string;

  before(async () => {
    model = await writeHoles(at('holes'));
    await ff(...moving(`${WIDTH}x${HEIGHT}`, '25', FRAMES), '-pix_fmt', 'gbrp', '-c:v', 'ffv1', at('film.mkv'));
    await ff('-i', at('film.mkv'), '-pix_fmt', 'gbrp10le', '-c:v', 'ffv1', at('deep.mkv'));
    // A scratch from top to bottom at x = 40 … 42.
    await ff(
      '-f',
      'lavfi',
      '-i',
      box('black', 40, 0, 3, HEIGHT),
      '-frames:v',
      '1',
      '-pix_fmt',
      'gray',
      at('scratch.png'),
    );
  });

  /** A black image with a white box. */
  const box = (colour: string, x: number | string, y: number, width: number, height: number): string =>
    `color=${colour}:size=${WIDTH}x${HEIGHT}:rate=25,format=gbrp,drawbox=x=${x}:y=${y}:w=${width}:h=${height}:color=white:t=fill`;

  async function run(
    changes: Partial<Job>,
    signal = new AbortController().signal,
    seen: (progress: Progress) => void = () => {},
  ): Promise<Result> {
    const job = { ...JOB_DEFAULTS, input: at('film.mkv'), output: at('out.mkv'), model, codec: 'ffv1' as const };
    const tools = { binary: await binary(), openModel };
    return restoreVideo({ ...job, provider: 'cpu', overwrite: true, ...changes }, tools, signal, seen);
  }

  /** Changed pixels of each frame. */
  async function changedIn(film = 'film.mkv', out = 'out.mkv'): Promise<number[][]> {
    const [a, b] = [await pixels(at(film)), await pixels(at(out))];
    assert.equal(a.length, b.length);
    return Array.from({ length: a.length / 3 / PLANE }, (_, n) =>
      Array.from({ length: PLANE }, (__, i) => i).filter((i) =>
        [0, 1, 2].some((c) => a[(n * PLANE + i) * 3 + c] !== b[(n * PLANE + i) * 3 + c]),
      ),
    );
  }

  const columns = (places: readonly number[]): number[] =>
    [...new Set(places.map((i) => i % WIDTH))].toSorted((p, q) => p - q);

  it('applies a mask image to all frames; pixels outside the mask are bit-identical', async () => {
    const result = await run({ mask: at('scratch.png') });
    assert.deepEqual([result.framesOut, result.width, result.height], [FRAMES, WIDTH, HEIGHT]);
    const changed = await changedIn();
    assert.equal(changed.length, FRAMES);
    for (const places of changed) {
      assert.deepEqual(columns(places), [40, 41, 42]);
      assert.ok(places.length > 2.5 * HEIGHT, `${places.length} pixels`);
    }
  });

  it('expands the mask by maskGrow pixels', async () => {
    await run({ mask: at('scratch.png'), maskGrow: 2 });
    for (const places of await changedIn()) assert.deepEqual(columns(places), [38, 39, 40, 41, 42, 43, 44]);
  });

  it('scales a mask of another size', async () => {
    await ff('-i', at('scratch.png'), '-vf', `scale=${2 * WIDTH}:${2 * HEIGHT}:flags=neighbor`, at('large.png'));
    await run({ mask: at('large.png') });
    for (const places of await changedIn()) assert.deepEqual(columns(places), [40, 41, 42]);
  });

  it('a mask video gives every frame its own mask, also with trim and another time base', async () => {
    const sliding = `color=black:size=${WIDTH}x${HEIGHT}:rate=25,format=gray,geq=lum='if(between(X-4*N,0,1),255,0)',format=gbrp`;
    await ff('-f', 'lavfi', '-i', sliding, '-frames:v', String(FRAMES), '-c:v', 'ffv1', at('sliding.mkv'));
    await ff(
      '-i',
      at('sliding.mkv'),
      '-pix_fmt',
      'yuv444p',
      '-c:v',
      'libx264',
      '-crf',
      '1',
      '-video_track_timescale',
      '90000',
      at('sliding.mp4'),
    );
    for (const mask of ['sliding.mkv', 'sliding.mp4']) {
      await run({ mask: at(mask) });
      for (const [n, places] of (await changedIn()).entries()) assert.deepEqual(columns(places), [4 * n, 4 * n + 1]);
    }
    await run({ mask: at('sliding.mp4'), trim: { start: 0.16, end: 0.28 } });
    const three = ['-vf', "select='between(n,4,6)'", ...(await passthrough())];
    await ff('-i', at('film.mkv'), ...three, '-c:v', 'ffv1', at('part.mkv'));
    const part = await changedIn('part.mkv');
    assert.deepEqual(part.map(columns), [[16, 17], [20, 21], [24, 25]]); // prettier-ignore
  });

  it('masks a key colour and a margin around it', async () => {
    // Not drawbox: that of 2018 converts to YUV, and the green is another then.
    const inBox = 'between(X,20,27)*between(Y,10,15)';
    const green = `geq=r='if(${inBox},0,128)':g='if(${inBox},255,128)':b='if(${inBox},0,128)'`;
    await ff(
      '-f',
      'lavfi',
      '-i',
      `color=gray:size=${WIDTH}x${HEIGHT}:rate=25,format=gbrp,${green}`,
      '-frames:v',
      '3',
      '-c:v',
      'ffv1',
      at('green.mkv'),
    );
    const input = at('green.mkv');
    for (const [maskGrow, by] of [
      [0, 0],
      [null, 2],
    ] as const) {
      await run({ input, maskColor: '#00ff00', maskGrow });
      for (const places of await changedIn('green.mkv')) {
        assert.deepEqual(
          columns(places),
          Array.from({ length: 8 + 2 * by }, (_, i) => 20 - by + i),
        );
      }
    }
    await run({ input, maskColor: '#0000ff' });
    for (const places of await changedIn('green.mkv')) assert.deepEqual(places, []);
  });

  it('the output is the same for any batch size and tile order and after a resume', async () => {
    const mask = at('scratch.png');
    await run({ mask, batch: 1, output: at('one.mkv') });
    await run({ mask, batch: 4, output: at('four.mkv') });
    const stop = new AbortController();
    const resumed = { mask, batch: 2, segment: 2, resume: true, output: at('resumed.mkv') };
    const watch = ({ frame }: Progress): void => void (frame >= 4 && stop.abort(new StoppedError(true)));
    await assert.rejects(run(resumed, stop.signal, watch), { name: 'AbortError' });
    assert.ok((await run(resumed)).resumedFrom >= 2);
    const one = await pixels(at('one.mkv'));
    assert.ok(one.equals(await pixels(at('four.mkv'))), 'batches show');
    assert.ok(one.equals(await pixels(at('resumed.mkv'))), 'the interruption shows');
  });

  it('does not resume after the mask file has changed', async () => {
    const job = { mask: at('changing.png'), segment: 2, resume: true, batch: 1, output: at('changed.mkv') };
    await ff('-i', at('scratch.png'), job.mask);
    const stop = new AbortController();
    const watch = ({ frame }: Progress): void => void (frame >= 4 && stop.abort(new StoppedError(true)));
    await assert.rejects(run(job, stop.signal, watch), { name: 'AbortError' });
    await ff('-f', 'lavfi', '-i', box('black', 8, 0, 5, HEIGHT), '-frames:v', '1', '-pix_fmt', 'gray', job.mask);
    await assert.rejects(run(job), { code: 'RESUME_MISMATCH', message: /differs in mask\.$/ });
    assert.equal((await run({ ...job, discard: true })).resumedFrom, 0);
    for (const places of await changedIn('film.mkv', 'changed.mkv'))
      assert.deepEqual(columns(places), [8, 9, 10, 11, 12]);
  });

  it('10-bit pixels outside the mask are bit-identical', async () => {
    await run({ input: at('deep.mkv'), mask: at('scratch.png'), pixelFormat: 'gbrp10le' });
    const [a, b] = [await pixels(at('deep.mkv'), 'gbrp10le'), await pixels(at('out.mkv'), 'gbrp10le')];
    assert.equal(a.length, b.length);
    let inside = 0;
    for (let i = 0; i < a.length / 2; i++) {
      if (a.readUInt16LE(2 * i) === b.readUInt16LE(2 * i)) continue;
      assert.ok(i % WIDTH >= 40 && i % WIDTH <= 42, `column ${i % WIDTH}`);
      inside++;
    }
    assert.ok(inside > FRAMES * HEIGHT);
  });

  const refused: readonly (readonly [string, () => Promise<Partial<Job>> | Partial<Job>, string, RegExp])[] = [
    ['no word of where', () => ({}), 'BAD_SETTING', /needs a mask or a mask colour/],
    ['both', () => ({ mask: at('scratch.png'), maskColor: '#00ff00' }), 'BAD_SETTING', /cannot be combined/],
    [
      'a tolerance of a mask',
      () => ({ mask: at('scratch.png'), maskTolerance: 0.2 }),
      'BAD_SETTING',
      /applies only to a mask colour/,
    ],
    [
      'a mask for another model',
      () => ({ model: 'x4', mask: at('scratch.png') }),
      'BAD_SETTING',
      /A mask applies only to inpainting models; x4 is not one/,
    ],
    ['strength', () => ({ mask: at('scratch.png'), strength: 0.5 }), 'BAD_SETTING', /strength/],
    ['wavelet', () => ({ mask: at('scratch.png'), colorFix: 'wavelet' }), 'BAD_SETTING', /colour fix/],
    ['AdaIN', () => ({ mask: at('scratch.png'), colorFix: 'adain' }), 'BAD_SETTING', /The colour fix does not apply/],
    ['a mask that is not there', () => ({ mask: at('no.png') }), 'SOURCE_NOT_FOUND', /no\.png does not exist/],
    [
      'a mask that is no picture',
      () => (writeFileSync(at('text.png'), 'no picture'), { mask: at('text.png') }),
      'SOURCE_UNREADABLE',
      /text\.png cannot be read/,
    ],
    [
      'a mask of another shape',
      async () => (
        await ff('-i', at('scratch.png'), '-vf', 'scale=64:64', at('square.png')),
        { mask: at('square.png') }
      ),
      'MASK_INVALID',
      /is 64×64 and the video 96×64: the aspect ratios differ/,
    ],
    [
      'a mask that ends too early',
      async () => (
        await ff('-f', 'lavfi', '-i', box('black', 4, 0, 3, 9), '-frames:v', '4', '-c:v', 'ffv1', at('short.mkv')),
        { mask: at('short.mkv') }
      ),
      'MASK_INVALID',
      /ends at 0\.160 s, before the video/,
    ],
  ];
  for (const [name, changes, code, words] of refused) {
    it(`rejects with an explanation: ${name}`, async () => {
      await assert.rejects(run({ output: at('refused.mkv'), ...(await changes()) }), (error: RemasterError) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        return true;
      });
      assert.deepEqual(processes(/ffmpeg.*pipe:1/), []);
    });
  }
});
