import assert from 'node:assert/strict';
import { planFor } from '../../../src/model/bundle/samplerPlan';
import { fuse } from '../../../src/model/compiler/fuse';
import { ELEMENT, type OnnxModel, type OnnxValue } from '../../../src/model/onnx/graph';
import { symbolicDims } from '../../../src/model/onnx/symbolicDims';
import { openBundle } from '../../support/openBundle';
import { denoise, withFolder, writeTiny } from '../../support/tinyBundle';

const note = (name: string, dim: { dimValue?: number; dimParam?: string }[]): OnnxValue => ({
  name,
  type: { tensorType: { elemType: ELEMENT.float, shape: { dim } } },
});

/** A network with shapes as our exporters store them: fixed, named and unknown. */
function noting(): OnnxModel {
  const network = denoise(true);
  const conv = network.graph.node.find(({ opType }) => opType === 'Conv')!;
  network.graph.valueInfo = [
    note(conv.output[0]!, [{ dimParam: 'n' }, { dimValue: 4 }, { dimParam: 'h' }, {}]),
    note('t', [{ dimValue: 7 }]), // shapes of inputs are ignored
  ];
  return network;
}

describe('symbolicDims', () => {
  it('names dynamic sizes with a prefix, or after the tensor when they have no name', () => {
    const [value] = symbolicDims([note('a', [{ dimParam: 'n' }, { dimValue: 4 }, {}])], 'denoise/');
    assert.deepEqual(value!.type!.tensorType!.shape!.dim, [
      { dimParam: 'denoise/n' },
      { dimValue: 4 },
      { dimParam: 'denoise/a.2' },
    ]);
    assert.deepEqual(symbolicDims([{ name: 'b' }], ''), []);
  });

  it('gives every step the same names, only for intermediate tensors', () =>
    withFolder(async (folder) => {
      const bundle = await openBundle(await writeTiny(folder, 'dossr', { network: noting() }));
      const { model } = fuse(bundle, { plan: planFor(bundle.manifest, 3), colorFix: 'none', strength: 1, depth: 8 });
      const noted = model.graph.valueInfo!;
      assert.equal(noted.length, 3);
      const made = new Set(model.graph.node.flatMap(({ output }) => output));
      assert.ok(noted.every(({ name }) => made.has(name)));
      assert.equal(new Set(noted.map(({ name }) => name)).size, 3);
      assert.equal(new Set(noted.map(({ type }) => JSON.stringify(type))).size, 1);
    }));
});
