import assert from 'node:assert/strict';
import { join } from 'node:path';
import { RemasterError } from '../../../../src/errors';
import type { Model } from '../../../../src/model/model';
import { extractFrames } from '../../../../src/pipeline/jobs/frames/extractFrames';
import { FRAMES_DEFAULTS, type FrameImage, type FramesJob } from '../../../../src/settings/framesJob';
import { nearest } from '../../../support/fakeModel';
import { binary, ff, moving, scratchFolder } from '../../../support/videos';

describe('extractFrames', () => {
  const input = join(scratchFolder(), 'source.mkv');
  before(() => ff(...moving('64x36', '25', 12), '-c:v', 'ffv1', input));

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
    const [first] = await extracted({ ...nearest(1) }, { format: 'png', pick: { by: 'times', seconds: [0] } });
    assert.equal(first!.index, 0);
    assert.equal(shots.length, 1, 'both are of one shot');
    const raw = await ff('-i', input, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-');
    const off = Math.max(...raw.map((sample, i) => Math.abs(sample - shots[0]![i]!)));
    assert.ok(off < 8, `its first frame: ${off}`);
  });

  it('says with the image that tiles became smaller', async () => {
    const model: Model = {
      ...nearest(1),
      async run(batch, signal) {
        if (batch.width > 40) throw new RemasterError('GPU_OUT_OF_MEMORY', 'The model does not fit into memory.');
        return nearest(1).run(batch, signal);
      },
    };
    const images = await extracted(model, { pick: { by: 'every', n: 6 } });
    assert.deepEqual(
      images.map(({ warnings }) => warnings),
      [['Memory ran out; tiles are 32 pixels from frame 0 on.'], []],
    );
  });
});
