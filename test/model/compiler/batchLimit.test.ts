import assert from 'node:assert/strict';
import type { Bundle } from '../../../src/model/bundle/bundle';
import { batchLimit } from '../../../src/model/compiler/batchLimit';
import { ELEMENT } from '../../../src/model/onnx/graph';
import { graphOf } from '../../support/tinyBundle';

/** A bundle whose `denoise` takes a tile of the first size and a text of the second. */
function bundleOf(tile: number | string, text: number | string): Bundle {
  const denoise = graphOf(
    { x: [ELEMENT.float, [tile, 3, 'h', 'w']], text: [ELEMENT.float, [text, 77]] },
    { out: [ELEMENT.float, ['n', 3, 'h', 'w']] },
    (_, { x }) => ({ out: x! }),
  );
  const manifest = { graphs: { denoise: { inputs: { x: 'x', text: 'text' }, outputs: { out: 'out' } } } };
  return { manifest, constants: { text: {} }, graphs: { denoise } } as unknown as Bundle;
}

describe('batchLimit', () => {
  it('is the smallest fixed size of a batch; null if every graph takes any', () => {
    assert.equal(batchLimit(bundleOf('n', 'm')), null);
    assert.equal(batchLimit(bundleOf(2, 'm')), 2);
  });

  it('constants have no batch', () => {
    assert.equal(batchLimit(bundleOf('n', 1)), null);
    assert.equal(batchLimit(bundleOf(3, 1)), 3);
  });
});
