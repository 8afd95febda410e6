import type { Edge, GraphBuilder } from './builder';
import {
  isExternal,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './graph';
import { symbolicDims } from './symbolicDims';

/** A graph whose weights are already in the builder, so that it can be spliced in any number of times. */
export interface Part {
  readonly nodes: readonly OnnxNode[];
  /** Name in the part → name in the builder, for weights and constants. */
  readonly weights: ReadonlyMap<string, string>;
  /** Known shapes of its intermediate tensors. */
  readonly sizes: readonly OnnxValue[];
}

/**
 * Moves a graph's weights into the builder under `prefix`, once. `Constant` nodes count as weights: exporters store
 * whole tables in them, and every splice would repeat those. `base`: folder of external weights, relative to the bundle.
 */
export function addPart(graph: GraphBuilder, prefix: string, { graph: source }: OnnxModel, base: string): Part {
  const weights = new Map<string, string>();
  const keep = (tensor: OnnxTensor, name: string): void => {
    weights.set(name, prefix + name);
    graph.initializer.push(relocate({ ...tensor, name: prefix + name }, base));
  };
  for (const tensor of source.initializer) keep(tensor, tensor.name ?? '');
  if ((source.sparseInitializer ?? []).length > 0) throw new Error('sparse weights are not supported');
  const nodes: OnnxNode[] = [];
  for (const node of source.node) {
    const table = constantOf(node);
    if (table) keep(table, node.output[0]!);
    else nodes.push(node);
  }
  const made = new Set(nodes.flatMap(({ output }) => output));
  return { nodes, weights, sizes: symbolicDims(source.valueInfo ?? [], prefix).filter(({ name }) => made.has(name)) };
}

function constantOf({ opType, domain, attribute = [] }: OnnxNode): OnnxTensor | undefined {
  if (opType !== 'Constant' || (domain ?? '') !== '') return undefined;
  return attribute.find(({ name }) => name === 'value')?.t ?? undefined;
}

/** Paths of external weights are relative to the graph file; the fused graph is relative to the bundle folder. */
function relocate(tensor: OnnxTensor, base: string): OnnxTensor {
  if (!isExternal(tensor) || base === '') return tensor;
  const externalData = (tensor.externalData ?? []).map(({ key, value }) => ({
    key,
    value: key === 'location' ? base + value : value,
  }));
  return { ...tensor, externalData };
}

/** Adds another copy of the part's nodes under `prefix`, with `feeds` as its inputs. Returns a function from old to new tensor names. */
export function splice(
  graph: GraphBuilder,
  prefix: string,
  { nodes, weights, sizes }: Part,
  feeds: ReadonlyMap<string, Edge>,
): (name: string) => string {
  const rename = (name: string): string =>
    // The empty name is an optional input that is not given.
    name === '' ? '' : (feeds.get(name)?.name ?? weights.get(name) ?? prefix + name);
  for (const node of nodes) graph.node.push(renameNode(node, { prefix, rename }));
  for (const value of sizes) graph.valueInfo.push({ ...value, name: rename(value.name) });
  return rename;
}

interface Renaming {
  /** Node names, which onnxruntime requires to be unique too. */
  readonly prefix: string;
  /** Of tensors. */
  readonly rename: (name: string) => string;
}

const renameNode = (node: OnnxNode, { prefix, rename }: Renaming): OnnxNode => ({
  ...node,
  ...(node.name ? { name: prefix + node.name } : {}),
  input: node.input.map(rename),
  output: node.output.map(rename),
  attribute: (node.attribute ?? []).map((one) => renameAttribute(one, { prefix, rename })),
});

function renameAttribute(attribute: OnnxAttribute, renaming: Renaming): OnnxAttribute {
  const { g, graphs = [] } = attribute;
  if (!g && graphs.length === 0) return attribute;
  return {
    ...attribute,
    ...(g ? { g: renameGraph(g, renaming) } : {}),
    ...(graphs.length > 0 ? { graphs: graphs.map((one) => renameGraph(one, renaming)) } : {}),
  };
}

/**
 * The body of an If, Loop or Scan can use names of the outer graph, and ONNX forbids shadowing, so both are renamed the
 * same way. `valueInfo` is dropped: it only contains hints.
 */
const renameGraph = (graph: OnnxGraph, { prefix, rename }: Renaming): OnnxGraph => ({
  name: graph.name ?? 'body',
  node: graph.node.map((node) => renameNode(node, { prefix, rename })),
  initializer: graph.initializer.map((tensor) => ({ ...tensor, name: rename(tensor.name ?? '') })),
  input: graph.input.map((value) => ({ ...value, name: rename(value.name) })),
  output: graph.output.map((value) => ({ ...value, name: rename(value.name) })),
});
