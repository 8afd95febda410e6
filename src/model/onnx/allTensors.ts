import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from './graph';

/** Every tensor stored in a model: weights, sparse ones, and constants of nodes, also in subgraphs and functions. */
export function* allTensors({ graph, functions = [] }: OnnxModel): Generator<OnnxTensor> {
  yield* inGraph(graph);
  for (const { node } of functions) yield* inNodes(node);
}

function* inGraph({ initializer, sparseInitializer = [], node }: OnnxGraph): Generator<OnnxTensor> {
  yield* initializer;
  for (const { values, indices } of sparseInitializer) yield* [values, indices];
  yield* inNodes(node);
}

function* inNodes(nodes: readonly OnnxNode[]): Generator<OnnxTensor> {
  for (const { t, tensors = [], g, graphs = [] } of nodes.flatMap(({ attribute = [] }) => attribute)) {
    if (t) yield t;
    yield* tensors;
    for (const graph of g ? [g, ...graphs] : graphs) yield* inGraph(graph);
  }
}
