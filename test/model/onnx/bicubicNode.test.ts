import { loadRuntime } from '../../../src/model/inference/runtime';
import { bicubicNode } from '../../../src/model/onnx/bicubicNode';
import { ELEMENT, encodeModel } from '../../../src/model/onnx/graph';
import { close, golden, type Stored } from '../../sampler/golden';
import { graphOf } from '../../support/tinyBundle';

describe('bicubicNode', () => {
  interface Case {
    readonly sf: number;
    readonly y: Stored;
    readonly f64: Stored;
  }

  for (const { sf, y, f64 } of golden<{ cases: readonly Case[] }>('resshift_bicubic').cases) {
    it(`matches torch's bicubic: ×${sf}`, async () => {
      const [, , height, width] = y.shape as [number, number, number, number];
      const ports = { x: [ELEMENT.float, [1, 3, 'h', 'w']] } as const;
      const model = graphOf(ports, { y: [ELEMENT.float, [1, 3, 'H', 'W']] }, (graph, { x }) => ({
        y: bicubicNode(graph, x!, sf),
      }));
      const runtime = loadRuntime();
      const session = await runtime.InferenceSession.create(encodeModel(model), { executionProviders: ['cpu'] });
      const planes = Float32Array.from([...y.data, ...y.data, ...y.data]);
      const result = await session.run({ x: new runtime.Tensor('float32', planes, [1, 3, height, width]) });
      await session.release();
      close(result['y']!.data as Float32Array, [...f64.data, ...f64.data, ...f64.data], 2e-6, 'enlarged');
    });
  }
});
