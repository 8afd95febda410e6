import assert from 'node:assert/strict';
import type { Model, Shot } from '../../../src/model/model';
import { shotPrompts } from '../../../src/pipeline/frames/shotPrompts';
import type { Frame } from '../../../src/pipeline/media/frame';
import { nearest } from '../../support/fakeModel';

describe('shotPrompts', () => {
  const never = new AbortController().signal;

  /** A model whose prompt is the first byte of the frame; records these bytes. */
  function looking(failures = 0): { model: Model; shown: number[] } {
    const shown: number[] = [];
    const prompt = async ({ data }: Shot) => {
      shown.push(data[0]!);
      if (shown.length <= failures) throw new Error('not now');
      return { prompt: { dims: [1], data: Float32Array.of(data[0]!) } };
    };
    return { model: { ...nearest(1), prompt }, shown };
  }

  /** Frames of shots with the given lengths; the first byte of a frame is its number. */
  function video(...lengths: readonly number[]): Frame[] {
    const picture = (pts: number) => ({ width: 1, height: 1, data: Uint8Array.of(pts, 0, 0) });
    return lengths.flatMap((length, shot) => {
      const scene = lengths.slice(0, shot).reduce((sum, one) => sum + one, 0);
      const first = picture(scene);
      return Array.from({ length }, (_, i) => {
        const pts = scene + i;
        return { ...picture(pts), index: pts, pts, scene, depth: 8 as const, shotFirstFrame: first };
      });
    });
  }

  const words = (keys: Awaited<ReturnType<ReturnType<typeof shotPrompts>>>) =>
    keys.map(({ prompt }) => prompt?.['prompt']!.data[0]);

  it('computes the prompt once per shot, from its first frame', async () => {
    const { model, shown } = looking();
    const keysOf = shotPrompts(model);
    const frames = video(3, 1, 4);
    const keys = [];
    for (const frame of frames) keys.push(...(await keysOf([frame], never)));
    assert.deepEqual(words(keys), [0, 0, 0, 3, 4, 4, 4, 4]);
    assert.deepEqual(shown, [0, 3, 4]);
    assert.deepEqual(words(await shotPrompts(model)(frames, never)), words(keys));
  });

  it('gives the same prompt when a job resumes within a shot', async () => {
    const { model, shown } = looking();
    assert.deepEqual(words(await shotPrompts(model)(video(3, 5).slice(5), never)), [3, 3, 3]);
    assert.deepEqual(shown, [3]);
  });

  it('shares one prompt object among the frames of a shot, so that batches stay together', async () => {
    const [a, b] = await shotPrompts(looking().model)(video(2), never);
    assert.equal(a!.prompt, b!.prompt);
  });

  it('computes the prompt of a single frame from that frame', async () => {
    const { shotFirstFrame: _, ...alone } = video(1)[0]!;
    assert.deepEqual(words(await shotPrompts(looking().model)([alone], never)), [0]);
  });

  it('computes the prompt again after a failure', async () => {
    const { model } = looking(1);
    const keysOf = shotPrompts(model);
    await assert.rejects(keysOf(video(2), never), /not now/);
    assert.deepEqual(words(await keysOf(video(2), never)), [0, 0]);
  });

  it('computes nothing for a model without prompts', async () => {
    assert.deepEqual(await shotPrompts(nearest(1))(video(2), never), [
      { scene: 0, frame: 0 },
      { scene: 0, frame: 1 },
    ]);
  });
});
