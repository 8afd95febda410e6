import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RemasterError } from '../../../../src/errors';
import type { Model } from '../../../../src/model/model';
import { extractFrames } from '../../../../src/pipeline/jobs/frames/extractFrames';
import { FRAMES_DEFAULTS, type FrameImage, type FramesJob } from '../../../../src/settings/framesJob';
import { nearest } from '../../../support/fakeModel';
import { binary, ff, meanDifference, moving, pixels, scratchFolder } from '../../../support/videos';

describe('extractFrames', () => {
  const input = join(scratchFolder(), 'source.mkv');
  before(() => ff(...moving('160x90', '25', 12), '-c:v', 'ffv1', input));

  async function extracted(model: Model, changes: Partial<FramesJob> = {}): Promise<FrameImage[]> {
    const job: FramesJob = { ...FRAMES_DEFAULTS, input, isUpscaled: true, ...changes };
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
});
