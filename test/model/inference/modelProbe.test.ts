/* oxlint-disable typescript/no-unsafe-type-assertion -- the probe passes sessions on and releases them */
import assert from 'node:assert/strict';
import type { InferenceSession } from 'onnxruntime-node';
import { modelProbe } from '../../../src/model/inference/modelProbe';

describe('modelProbe', () => {
  const [grey, picture] = [Uint8Array.of(7, 7, 7), Uint8Array.of(7, 7, 8)];

  /** A probe of a graphics card and a processor that make these results; `open` counts sessions on the processor. */
  function probeOf(gpu: Uint8Array, cpu: Uint8Array) {
    const count = { open: 0, released: 0 };
    const onGpu = {} as InferenceSession;
    const onCpu = { release: async () => void count.released++ } as unknown as InferenceSession;
    const made = modelProbe(
      async (session) => (session === onGpu ? gpu : cpu),
      async () => (count.open++, onCpu),
    );
    return { ...made, count, onGpu, onCpu };
  }

  it('a single colour of a graphics card is refused if the processor makes another image', async () => {
    const { probe, onGpu, count } = probeOf(grey, picture);
    await assert.rejects(probe(onGpu, 'cuda'), /single colour/);
    assert.deepEqual(count, { open: 1, released: 1 });
  });

  it('a single colour that the processor makes, too, is the model’s', async () => {
    const { probe, onGpu, count, result } = probeOf(grey, grey);
    await probe(onGpu, 'cuda');
    assert.equal(result(), grey);
    assert.deepEqual(count, { open: 1, released: 1 });
  });

  it('nothing is compared otherwise', async () => {
    const { probe, onGpu, onCpu, count } = probeOf(picture, grey);
    await probe(onGpu, 'cuda');
    await probe(onCpu, 'cpu');
    assert.equal(count.open, 0);
  });
});
