import { parse, Reader, type Type } from 'protobufjs';
import { ONNX_PROTO } from './protobufSchema';

/** ONNX graphs as decoded objects: absent fields are undefined, repeated ones are lists, unused ones are preserved. */
export interface OnnxModel {
  irVersion?: Int64;
  producerName?: string;
  opsetImport: { domain?: string; version?: Int64 }[];
  graph: OnnxGraph;
  functions?: OnnxFunction[];
}

export interface OnnxGraph {
  name?: string;
  node: OnnxNode[];
  initializer: OnnxTensor[];
  sparseInitializer?: { values: OnnxTensor; indices: OnnxTensor; dims: Int64[] }[];
  input: OnnxValue[];
  output: OnnxValue[];
  /** Types and shapes of intermediate tensors, as far as the exporter stored them. */
  valueInfo?: OnnxValue[];
}

export interface OnnxNode {
  input: string[];
  output: string[];
  name?: string;
  opType: string;
  domain?: string;
  attribute?: OnnxAttribute[];
}

export interface OnnxAttribute {
  name: string;
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: OnnxTensor;
  tensors?: OnnxTensor[];
  g?: OnnxGraph;
  ints?: Int64[];
  floats?: number[];
  graphs?: OnnxGraph[];
}

export interface OnnxTensor {
  name?: string;
  dims: Int64[];
  dataType: number;
  rawData?: Uint8Array;
  /** Where there is no raw data; 16-bit floats are the bits of `int32Data`. */
  floatData?: number[];
  doubleData?: number[];
  int32Data?: number[];
  externalData?: { key: string; value: string }[];
  dataLocation?: number;
}

export interface OnnxValue {
  name: string;
  type?: { tensorType?: { elemType?: number; shape?: { dim: { dimValue?: Int64; dimParam?: string }[] } } };
}

export interface OnnxFunction {
  name: string;
  domain?: string;
  node: OnnxNode[];
}

/** 64-bit integers are numbers in our own graphs and Long objects in decoded ones. */
export type Int64 = number | { toNumber(): number };
export const toNumber = (value: Int64 | undefined): number =>
  value === undefined ? 0 : typeof value === 'number' ? value : value.toNumber();

/** `TensorProto.DataType`: the element types that cross a graph's boundary. */
export const ELEMENT = {
  float: 1,
  uint8: 2,
  uint16: 4,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
  bfloat16: 16,
} as const;
/** `AttributeProto.AttributeType` */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, ints: 7 } as const;

/** True when the data is in another file; 1 is `TensorProto.DataLocation.EXTERNAL`. */
export const isExternal = ({ dataLocation }: OnnxTensor): boolean => dataLocation === 1;

let modelType: Type | undefined;

const model = (): Type => (modelType ??= parse(ONNX_PROTO, { keepCase: false }).root.lookupType('onnx.ModelProto'));

/** Reads a graph. Tensors stay views into `bytes`. Throws when `bytes` are not an ONNX graph. */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const reader = Reader.create(bytes);
  reader.discardUnknown = false;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema matches the type
  const decoded = model().decode(reader) as unknown as OnnxModel & { graph?: OnnxGraph | null };
  // Almost any bytes decode as a protobuf message; a valid model has a graph with nodes.
  if ((decoded.graph?.node.length ?? 0) === 0) {
    throw new Error('it contains no graph');
  }
  return decoded;
}

export const encodeModel = (value: OnnxModel): Uint8Array => model().encode(value).finish();
