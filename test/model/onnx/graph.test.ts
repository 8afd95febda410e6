import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadRuntime } from '../../../src/model/inference/runtime';
import { decodeModel, ELEMENT, encodeModel, toNumber } from '../../../src/model/onnx/graph';
import { graphOf, X4 } from '../../support/tinyBundle';

describe('graph', () => {
  for (const role of ['condition', 'denoise']) {
    it(`decoding and encoding is byte-identical: ${role}`, async () => {
      const bytes = await readFile(join(X4, `${role}.onnx`));
      assert.equal(Buffer.compare(bytes, encodeModel(decodeModel(bytes))), 0);
    });
  }

  it('a graph runs the same after decoding and encoding', async () => {
    const runtime = loadRuntime();
    const bytes = await readFile(join(X4, 'condition.onnx'));
    const lq = new runtime.Tensor(
      'float32',
      Float32Array.from({ length: 3 * 8 * 9 }, (_, i) => Math.sin(i)),
      [1, 3, 8, 9],
    );
    const results: unknown[] = [];
    for (const graph of [bytes, encodeModel(decodeModel(bytes))]) {
      const session = await runtime.InferenceSession.create(graph);
      results.push((await session.run({ lq }))['cond']!.data);
      await session.release();
    }
    assert.deepEqual(results[1], results[0]);
  });

  it('preserves unknown fields', () => {
    const model = graphOf({ x: [ELEMENT.float, [1]] }, { y: [ELEMENT.float, [1]] }, (_, { x }) => ({ y: x! }));
    // Field 26 of ModelProto (device configurations), length-delimited, two bytes.
    const bytes = Buffer.concat([encodeModel(model), Uint8Array.of(0xd2, 0x01, 2, 0x0a, 0)]);
    assert.deepEqual(Buffer.from(encodeModel(decodeModel(bytes))), bytes);
  });

  it('preserves 64-bit integers, including negative ones', () => {
    const model = graphOf({ x: [ELEMENT.float, [1]] }, { y: [ELEMENT.float, [1]] }, (_, { x }) => ({ y: x! }));
    const values = [-1, 0, 2 ** 40, -(2 ** 52)];
    model.graph.node[0]!.attribute = [{ name: 'ints', type: 7, ints: values }];
    const back = decodeModel(encodeModel(model)).graph.node[0]!.attribute![0]!.ints!;
    assert.deepEqual(back.map(toNumber), values);
  });

  it('rejects files that are not ONNX', () => {
    for (const bytes of [new Uint8Array(0), Buffer.from('<html></html>'), Buffer.from([0x3a, 0xff, 0xff])]) {
      assert.throws(() => decodeModel(bytes));
    }
  });
});
