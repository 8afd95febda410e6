import type { Bundle } from '../bundle/bundle';
import { FUSED_ROLES } from '../bundle/graphRoles';
import { type GraphRole, promptRoles, type Range } from '../bundle/manifest';
import { cast, type Edge, type GraphBuilder } from '../onnx/builder';
import { ELEMENT, encodeModel, type OnnxFunction, type OnnxModel, type OnnxValue, toNumber } from '../onnx/graph';
import { mergeOpsets } from '../onnx/opsets';
import { signature } from '../onnx/signature';
import { addPart, type Part, splice } from '../onnx/splice';
import { convertRange } from './pixelIO';

/** Tensors that exist so far, by role. */
export type Edges = ReadonlyMap<string, Edge>;

/** Splices the graphs of a bundle into one. */
export class BundleGraphs {
  readonly #parts = new Map<GraphRole, Part>();

  constructor(
    readonly graph: GraphBuilder,
    readonly bundle: Bundle,
  ) {
    for (const [role, model] of this.#models()) {
      const { file } = bundle.manifest.graphs[role]!;
      this.#parts.set(role, addPart(graph, `${role}/`, model, file.slice(0, file.lastIndexOf('/') + 1)));
    }
  }

  has(role: GraphRole): boolean {
    return this.#parts.has(role);
  }

  takes(graph: GraphRole, role: string): boolean {
    return role in this.bundle.manifest.graphs[graph]!.inputs;
  }

  /** Declaration of the input tensor with the given role. */
  input(graph: GraphRole, role: string): OnnxValue {
    const { inputs } = this.bundle.manifest.graphs[graph]!;
    return this.bundle.graphs[graph]!.graph.input.find(({ name }) => name === inputs[role])!;
  }

  /** Adds a copy of the graph; `repeat` distinguishes copies. Images use the bundle's range on both sides. */
  run(role: GraphRole, repeat: string, edges: Edges): ReadonlyMap<string, Edge> {
    const { inputs, outputs, range = this.bundle.manifest.range } = this.bundle.manifest.graphs[role]!;
    const feeds = new Map<string, Edge>();
    for (const [name, tensor] of Object.entries(inputs)) {
      const edge = this.#ranged(name, edges.get(name)!, this.bundle.manifest.range, range);
      feeds.set(tensor, cast(this.graph, edge, signature(this.input(role, name)).element));
    }
    const rename = splice(this.graph, `${role}${repeat}/`, this.#parts.get(role)!, feeds);
    const results = new Map<string, Edge>();
    for (const [name, tensor] of Object.entries(outputs)) {
      const value = this.bundle.graphs[role]!.graph.output.find((one) => one.name === tensor)!;
      const edge = cast(this.graph, { name: rename(tensor), element: signature(value).element }, ELEMENT.float);
      results.set(name, this.#ranged(name, edge, range, this.bundle.manifest.range));
    }
    return results;
  }

  #ranged(role: string, edge: Edge, from: Range, to: Range): Edge {
    return role === 'lq' || role === 'picture' ? convertRange(this.graph, edge, from, to) : edge;
  }

  /** The smallest fixed batch size of any graph; null when all are dynamic. Constants and prompts have no batch dimension. */
  batchLimit(): number | null {
    const unbatched = new Set([...Object.keys(this.bundle.constants), ...promptRoles(this.bundle.manifest)]);
    const sizes = this.#models().flatMap(([role, model]) => {
      const fed = new Set(
        Object.entries(this.bundle.manifest.graphs[role]!.inputs).flatMap(([name, tensor]) =>
          unbatched.has(name) ? [] : [tensor],
        ),
      );
      return model.graph.input.flatMap((value) => (fed.has(value.name) ? (signature(value).dims?.[0] ?? []) : []));
    });
    return sizes.length === 0 ? null : Math.min(...sizes);
  }

  finish(input: OnnxValue[], output: OnnxValue[]): OnnxModel {
    const models = this.#models();
    const opsets = mergeOpsets(Object.fromEntries(models));
    return {
      irVersion: Math.max(8, ...models.map(([, { irVersion }]) => toNumber(irVersion))),
      producerName: 'remaster',
      opsetImport: opsets.map(({ domain, version }) => ({ domain, version })),
      graph: { name: this.bundle.manifest.name, ...this.graph, input, output },
      functions: mergeFunctions(models.flatMap(([, { functions = [] }]) => functions)),
    };
  }

  #models(): readonly (readonly [GraphRole, OnnxModel])[] {
    return FUSED_ROLES.flatMap((role) => {
      const model = this.bundle.graphs[role];
      return model ? [[role, model] as const] : [];
    });
  }
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
