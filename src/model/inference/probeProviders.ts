import { boundary, emit, graphBuilder, scalar } from '../onnx/builder';
import { ELEMENT, encodeModel } from '../onnx/graph';
import { PROVIDERS, type Provider, rejectionReason, sessionOptions } from './providers';
import type { Runtime } from './runtime';

export interface ProviderReport {
  readonly provider: Provider;
  readonly works: boolean;
  /** Why it does not work; empty when it does. */
  readonly reason: string;
}

/** Tests every provider with a graph of one addition: onnxruntime also lists providers that do not work. */
export async function probeProviders(runtime: Runtime): Promise<readonly ProviderReport[]> {
  const reports: ProviderReport[] = [];
  for (const provider of PROVIDERS) reports.push(await report(runtime, provider));
  return reports;
}

async function report(runtime: Runtime, provider: Provider): Promise<ProviderReport> {
  try {
    const session = await runtime.InferenceSession.create(increment(), sessionOptions(provider, 0, 1));
    try {
      const { y } = await session.run({ x: new runtime.Tensor('float32', Float32Array.of(1, 2), [2]) });
      const right = y?.data[0] === 2 && y.data[1] === 3;
      return { provider, works: right, reason: right ? '' : '1 + 1 and 2 + 1 came out wrong' };
    } finally {
      await session.release();
    }
  } catch (error) {
    return { provider, works: false, reason: rejectionReason(provider, error) };
  }
}

/** y = x + 1 for any vector. */
function increment(): Uint8Array {
  const graph = graphBuilder();
  const x = { name: 'x', element: ELEMENT.float };
  const sum = emit(graph, 'Add', [x, scalar(graph, 1)]);
  graph.node.push({ opType: 'Identity', input: [sum.name], output: ['y'] });
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: { name: 'increment', ...graph, input: [boundary(x, ['n'])], output: [boundary({ ...x, name: 'y' }, ['n'])] },
  });
}
