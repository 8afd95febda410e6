import { type OnnxGraph, type OnnxModel, type OnnxNode, toNumber } from './graph';

/** What the operators this program adds need: `DequantizeLinear` as it is since version 13. */
const OURS = 13;

/**
 * Operators of ONNX's own domain whose meaning or arguments changed, by the version that changed them. A graph of an
 * older version that uses none of these between there and here means the same under the newer number.
 */
const CHANGED: Readonly<Record<number, readonly string[]>> = {
  9: ['Upsample', 'BatchNormalization'],
  10: ['Upsample', 'Resize', 'Slice', 'Dropout', 'TopK', 'Mod'],
  11: [
    'Clip',
    'Pad',
    'Resize',
    'Slice',
    'TopK',
    'Gemm',
    'Loop',
    'Scan',
    'Softmax',
    'ArgMax',
    'ArgMin',
    'Unsqueeze',
    'Squeeze',
  ],
  12: ['Dropout', 'GreaterOrEqual', 'LessOrEqual', 'BatchNormalization'],
  13: [
    'ReduceSum',
    'Softmax',
    'LogSoftmax',
    'Hardmax',
    'Split',
    'Squeeze',
    'Unsqueeze',
    'DequantizeLinear',
    'QuantizeLinear',
  ],
  14: ['BatchNormalization'],
  18: ['ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp',
    'ReduceSumSquare', 'Split', 'GroupNormalization'], // prettier-ignore
  20: ['GridSample'],
  21: ['GroupNormalization'],
};

export interface Opset {
  readonly domain: string;
  readonly version: number;
}

/** One version per domain for all graphs: the highest. Throws, saying what stands in the way, when a graph cannot follow. */
export function mergeOpsets(models: Readonly<Record<string, OnnxModel>>): readonly Opset[] {
  const merged = new Map<string, number>([['', OURS]]);
  for (const model of Object.values(models)) {
    for (const { domain, version } of opsetsOf(model)) merged.set(domain, Math.max(version, merged.get(domain) ?? 0));
  }
  for (const [role, model] of Object.entries(models)) {
    for (const opset of opsetsOf(model)) requireSame(role, model, opset, merged.get(opset.domain)!);
  }
  return [...merged].map(([domain, version]) => ({ domain, version }));
}

const opsetsOf = ({ opsetImport }: OnnxModel): readonly Opset[] =>
  opsetImport.map(({ domain, version }) => ({
    domain: domain === 'ai.onnx' ? '' : (domain ?? ''),
    version: toNumber(version),
  }));

function requireSame(role: string, model: OnnxModel, { domain, version }: Opset, target: number): void {
  if (version === target) return;
  const named = domain === '' ? 'ONNX' : domain;
  const versions = `its graph “${role}” is written for ${named} version ${version}, the others for ${target}`;
  if (domain !== '') throw new Error(versions);
  const changed = new Set(Object.entries(CHANGED).flatMap(([at, ops]) => (version < +at && +at <= target ? ops : [])));
  const culprit = operators(model.graph).find((op) => changed.has(op));
  if (culprit !== undefined) throw new Error(`${versions}, and ${culprit} changed between them`);
}

/** Every operator of ONNX's own domain, with those in the bodies of If, Loop and Scan. */
function operators(graph: OnnxGraph): readonly string[] {
  return graph.node.flatMap((node: OnnxNode) => {
    const inner = (node.attribute ?? []).flatMap(({ g, graphs = [] }) => [...(g ? [g] : []), ...graphs]);
    return [...((node.domain ?? '') === '' ? [node.opType] : []), ...inner.flatMap(operators)];
  });
}
