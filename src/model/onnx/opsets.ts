import { type OnnxGraph, type OnnxModel, type OnnxNode, toNumber } from './graph';

/** Minimum opset version of the operators this program adds: `DequantizeLinear` 13. */
const OURS = 13;

/**
 * Operators of the default domain whose semantics or arguments changed, by opset version. A graph of an older version
 * that uses none of the operators changed since can be declared as the newer version.
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

/** The highest version per domain over all graphs. Throws when a graph cannot be declared as that version. */
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

/** All operators of the default domain, including those in the bodies of If, Loop and Scan. */
function operators(graph: OnnxGraph): readonly string[] {
  return graph.node.flatMap((node: OnnxNode) => {
    const inner = (node.attribute ?? []).flatMap(({ g, graphs = [] }) => [...(g ? [g] : []), ...graphs]);
    return [...((node.domain ?? '') === '' ? [node.opType] : []), ...inner.flatMap(operators)];
  });
}
