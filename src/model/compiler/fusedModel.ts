import type { Bundle } from '../bundle/bundle';
import type { GraphBuilder } from '../onnx/builder';
import { encodeModel, type OnnxFunction, type OnnxModel, type OnnxValue, toNumber } from '../onnx/graph';
import { mergeOpsets } from '../onnx/opsets';
import { fusedGraphs } from './fusedGraphs';

/** The model of a graph into which those of a bundle were spliced, with the versions and functions that they need. */
export function fusedModel(bundle: Bundle, graph: GraphBuilder, input: OnnxValue[], output: OnnxValue[]): OnnxModel {
  const graphs = fusedGraphs(bundle);
  const models = graphs.map(([, model]) => model);
  const opsets = mergeOpsets(Object.fromEntries(graphs));
  return {
    irVersion: Math.max(8, ...models.map(({ irVersion }) => toNumber(irVersion))),
    producerName: 'remaster',
    opsetImport: opsets.map(({ domain, version }) => ({ domain, version })),
    graph: { name: bundle.manifest.name, ...graph, input, output },
    functions: mergeFunctions(models.flatMap(({ functions = [] }) => functions)),
  };
}

/** Merges the functions of all graphs. Throws when two with the same name differ. */
function mergeFunctions(functions: readonly OnnxFunction[]): OnnxFunction[] {
  const merged = new Map<string, OnnxFunction>();
  for (const one of functions) {
    const name = `${one.domain ?? ''}.${one.name}`;
    const known = merged.get(name);
    if (known && !sameFunction(known, one)) throw new Error(`two of its graphs define different functions ${name}`);
    merged.set(name, one);
  }
  return [...merged.values()];
}

const sameFunction = (a: OnnxFunction, b: OnnxFunction): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

const bytesOf = (one: OnnxFunction): Uint8Array =>
  encodeModel({ opsetImport: [], graph: { node: [], initializer: [], input: [], output: [] }, functions: [one] });
