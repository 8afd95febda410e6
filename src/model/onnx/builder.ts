import { ATTRIBUTE, ELEMENT, type OnnxAttribute, type OnnxNode, type OnnxTensor, type OnnxValue } from './graph';

/** A tensor in a graph under construction. */
export interface Edge {
  readonly name: string;
  /** `TensorProto.DataType` */
  readonly element: number;
}

/** Nodes and weights of a graph under construction. Only `emit`, `constant` and `splice` add to it. */
export interface GraphBuilder {
  readonly node: OnnxNode[];
  readonly initializer: OnnxTensor[];
  /** Known shapes of intermediate tensors. */
  readonly valueInfo: OnnxValue[];
}

export const graphBuilder = (): GraphBuilder => ({ node: [], initializer: [], valueInfo: [] });

type Attribute = number | string | readonly number[];

/** Adds a node and returns its output, named after `opType` and a running number. `element` as the first input's unless given. */
export function emit(
  graph: GraphBuilder,
  opType: string,
  inputs: readonly Edge[],
  attributes: Readonly<Record<string, Attribute>> = {},
  element: number = inputs[0]!.element,
): Edge {
  const name = `${OWN}${opType}_${graph.node.length}`;
  const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
  graph.node.push({ opType, name, input: inputs.map((one) => one.name), output: [name], attribute });
  return { name, element };
}

/** Prefix of the names this program adds. Spliced graphs have their own prefixes, so that names do not collide. */
const OWN = 'sampler/';

function attributeOf(name: string, value: Attribute): OnnxAttribute {
  if (typeof value === 'string') return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: ATTRIBUTE.int, i: value };
  return { name, type: ATTRIBUTE.ints, ints: [...value] };
}

/** Adds a float32 constant. */
export function floats(graph: GraphBuilder, dims: readonly number[], values: ArrayLike<number>): Edge {
  return constant(graph, dims, ELEMENT.float, Float32Array.from(values));
}

export const scalar = (graph: GraphBuilder, value: number): Edge => floats(graph, [], [value]);

export function int64s(graph: GraphBuilder, dims: readonly number[], values: readonly number[]): Edge {
  return constant(graph, dims, ELEMENT.int64, BigInt64Array.from(values, BigInt));
}

export function zeroPoint(graph: GraphBuilder): Edge {
  return constant(graph, [], ELEMENT.uint8, new Uint8Array(1));
}

function constant(
  graph: GraphBuilder,
  dims: readonly number[],
  element: number,
  { buffer, byteOffset, byteLength }: Float32Array | BigInt64Array | Uint8Array,
): Edge {
  const name = `${OWN}constant_${graph.initializer.length}`;
  const rawData = new Uint8Array(buffer, byteOffset, byteLength);
  graph.initializer.push({ name, dims: [...dims], dataType: element, rawData });
  return { name, element };
}

/** Casts to another element type; adds nothing when it has that type already. */
export const cast = (graph: GraphBuilder, edge: Edge, element: number): Edge =>
  edge.element === element ? edge : emit(graph, 'Cast', [edge], { to: element }, element);

/** An input or output of the whole graph. Strings are dynamic dimensions; equal names are equal sizes. */
export const boundary = ({ name, element }: Edge, dims: readonly (number | string)[]): OnnxValue => ({
  name,
  type: {
    tensorType: {
      elemType: element,
      shape: { dim: dims.map((dim) => (typeof dim === 'string' ? { dimParam: dim } : { dimValue: dim })) },
    },
  },
});
