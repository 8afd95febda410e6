import assert from 'node:assert/strict';
import { planEncoding } from '../../../../src/pipeline/jobs/restore/planEncoding';
import { UNSUPPORTED_MATRICES } from '../../../../src/pipeline/media/colour';
import type { Encoding } from '../../../../src/pipeline/media/encode';
import type { VideoInfo } from '../../../../src/pipeline/media/probe';
import { type Job, JOB_DEFAULTS } from '../../../../src/settings/restoreJob';
import { nearest } from '../../../support/fakeModel';
import { binary } from '../../../support/videos';

const PIXELS = { bitDepth: 8, hasAlpha: false, isFullRange: false, chroma: '4:2:0' } as const;

describe('planEncoding', () => {
  const job: Job = { ...JOB_DEFAULTS, input: '/in.mkv', output: '/out.mkv', codec: 'ffv1' };
  const info = {
    ...{ width: 64, height: 36, pixels: PIXELS, framesPerSecond: 50 },
    pixelAspect: { num: 1, den: 1 },
    colour: { matrix: null, primaries: null, transfer: null, range: null },
  } as unknown as VideoInfo;

  const never = new AbortController().signal;

  const plan = async (video: Partial<VideoInfo>, changes: Partial<Job> = {}, scale = 1): Promise<Encoding> => {
    const source = { ...info, ...video };
    return (await planEncoding(await binary(), { ...job, ...changes }, source, source, nearest(scale), never)).encoding;
  };

  it('refuses frames that ffmpeg cannot process, to the pixel', async () => {
    const side = 2 ** 14 - 128; // ffmpeg counts 128 pixels more on each side
    await assert.rejects(plan({ width: side, height: side }), { code: 'FRAME_TOO_LARGE', message: /16256×16256/ });
    assert.equal((await plan({ width: side, height: side - 2 })).height, side - 2);
    const [short, long] = [2 ** 13 - 128, 2 ** 15 - 128];
    for (const [width, height] of [
      [short, long - 1],
      [long - 1, short],
    ])
      assert.equal((await plan({ width: width!, height: height! })).width, width);
    await assert.rejects(plan({ width: side / 4, height: side / 4 }, {}, 4), { code: 'FRAME_TOO_LARGE' });
  });

  it('refuses each matrix that the table of losses names, of all but R′G′B′', async () => {
    for (const matrix of UNSUPPORTED_MATRICES) {
      const colour = { ...info.colour, matrix };
      await assert.rejects(plan({ colour }), { code: 'SOURCE_UNREADABLE', message: new RegExp(matrix) });
      assert.equal((await plan({ colour, pixels: { ...PIXELS, chroma: 'rgb' } })).colour.matrix, 'gbr');
    }
  });

  it('frames of more than 8 bit have 16', async () => {
    const depths = await Promise.all([8, 9, 10, 12].map((bitDepth) => plan({ pixels: { ...PIXELS, bitDepth } })));
    assert.deepEqual(
      depths.map(({ depth }) => depth),
      [8, 16, 16, 16],
    );
  });

  it('a model that is quick, on its own or on a GPU, does not wait for its encoder', async () => {
    const preset = async (changes: Parameters<typeof nearest>[1]): Promise<string> => {
      const h264 = { ...job, output: '/out.mp4', codec: 'h264' } as const;
      const { encoding } = await planEncoding(await binary(), h264, info, info, nearest(2, changes), never);
      return encoding.codec.options.join(' ');
    };
    assert.equal(await preset({ name: 'x2' }), '-c:v libx264 -crf 16 -preset fast');
    assert.equal(await preset({ name: 'x4-live' }), '-c:v libx264 -crf 16 -preset veryfast');
    assert.equal(await preset({ name: 'x2', provider: 'webgpu' }), '-c:v libx264 -crf 16 -preset veryfast');
  });

  it('the nominal rate is that of the source, at most the requested one, and 25 if unknown', async () => {
    assert.equal((await plan({})).framesPerSecond, 50);
    assert.equal((await plan({}, { maxFps: 10 })).framesPerSecond, 10);
    assert.equal((await plan({}, { maxFps: 100 })).framesPerSecond, 50);
    assert.equal((await plan({ framesPerSecond: null })).framesPerSecond, 25);
  });
});
