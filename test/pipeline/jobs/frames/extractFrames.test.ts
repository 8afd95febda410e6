import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemasterError } from '../../../../src/errors';
import type { Model } from '../../../../src/model/model';
import { extractFrames } from '../../../../src/pipeline/jobs/frames/extractFrames';
import { FRAMES_DEFAULTS, type FrameImage, type FramesJob } from '../../../../src/settings/framesJob';
import { nearest } from '../../../support/fakeModel';
import { framemd5 } from '../../../support/framemd5';
import { binary, ff, meanDifference, moving, pixels, scratchFolder } from '../../../support/videos';

describe('extractFrames', () => {
  const folder = scratchFolder();
  const input = join(folder, 'source.mkv');
  before(() => ff(...moving('160x90', '25', 12), '-c:v', 'ffv1', input));

  async function extracted(model: Model, changes: Partial<FramesJob> = {}): Promise<FrameImage[]> {
    const job: FramesJob = { ...FRAMES_DEFAULTS, model: 'x4', input, isUpscaled: true, ...changes };
    const images: FrameImage[] = [];
    const tools = { binary: await binary(), openModel: async () => model };
    for await (const image of extractFrames(job, tools, new AbortController().signal)) images.push(image);
    return images;
  }

  it('a model sees the first frame of the shot, although that is not extracted', async () => {
    const shots: Uint8Array[] = [];
    const model: Model = {
      ...nearest(1),
      async prompt({ data }) {
        shots.push(data);
        return { prompt: { dims: [1], data: Float32Array.of(data[0]!) } };
      },
    };
    const images = await extracted(model, { pick: { by: 'times', seconds: [0.2, 0.4] } });
    assert.deepEqual(
      images.map(({ index }) => index),
      [5, 10],
    );
    assert.equal(shots.length, 1, 'both are of one shot');
    const shown = await pixels(input);
    const size = shots[0]!.length;
    const differences = [0, 5].map((n) => meanDifference(shown.subarray(n * size, (n + 1) * size), shots[0]!));
    assert.ok(differences[0]! < differences[1]! / 2, `its first frame: ${differences.join()}`);
  });

  it('says with the image that tiles became smaller', async () => {
    const model: Model = {
      ...nearest(1),
      async run(batch, signal) {
        if (batch.width > 100) throw new RemasterError('GPU_OUT_OF_MEMORY', 'The model does not fit into memory.');
        return nearest(1).run(batch, signal);
      },
    };
    const images = await extracted(model, { pick: { by: 'every', n: 6 } });
    assert.deepEqual(
      images.map(({ warnings }) => warnings),
      [['Memory ran out; tiles are 80 pixels from frame 0 on.'], []],
    );
  });

  it('a video that ends early: all its frames, and then an error', async () => {
    const [whole, cut] = [join(folder, 'whole.avi'), join(folder, 'cut.avi')];
    await ff(...moving('160x90', '25', 50), '-c:v', 'mjpeg', whole);
    writeFileSync(cut, readFileSync(whole).subarray(0, Math.round(statSync(whole).size * 0.6)));
    const job: FramesJob = { ...FRAMES_DEFAULTS, input: cut, isUpscaled: false };
    const tools = { binary: await binary(), openModel: async () => nearest(1) };
    const images: FrameImage[] = [];
    const reading = async (changes: Partial<FramesJob>): Promise<void> => {
      for await (const image of extractFrames({ ...job, ...changes }, tools, new AbortController().signal))
        images.push(image);
    };
    await assert.rejects(reading({}), { code: 'SOURCE_TRUNCATED' });
    assert.equal(images.length, (await framemd5(cut)).length);
    assert.ok(images.length > 20 && images.length < 40, `${images.length} images`);
    await reading({ trim: { start: 0, end: 0.4 } });
    await reading({ pick: { by: 'times', seconds: [0.2] } });
    await reading({ input: whole });
  });

  it('says with the image that the decoder complained', async () => {
    const [whole, harmed] = [join(folder, 'whole.mkv'), join(folder, 'harmed.mkv')];
    await ff(...moving('160x90', '25', 25), '-c:v', 'mpeg2video', '-g', '5', '-q:v', '2', whole);
    const bytes = readFileSync(whole);
    bytes.fill(0xff, Math.round(bytes.length * 0.5), Math.round(bytes.length * 0.5) + 200);
    writeFileSync(harmed, bytes);
    const warned = async (from: string): Promise<readonly string[]> =>
      (await extracted(nearest(1), { input: from, isUpscaled: false })).flatMap(({ warnings }) => warnings);
    assert.deepEqual(await warned(whole), []);
    assert.match(
      (await warned(harmed)).join('\n'),
      /^The decoder complained \d+ times since the image before, .*mpeg2video: /,
    );
  });
});
