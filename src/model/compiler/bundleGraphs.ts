import type { Bundle } from '../bundle/bundle';
import { FUSED_ROLES } from '../bundle/graphRoles';
import { type GraphRole, promptRoles, type Range } from '../bundle/manifest';
import { cast, type Edge, type GraphBuilder } from '../onnx/builder';
import { ELEMENT, encodeModel, type OnnxFunction, type OnnxModel, type OnnxValue, toNumber } from '../onnx/graph';
import { mergeOpsets } from '../onnx/opsets';
import { signature } from '../onnx/signature';
import { addPart, type Part, splice } from '../onnx/splice';
import { convertRange } from './pixelIO';

/** Roles and constants that exist so far. */
export type Edges = ReadonlyMap<string, Edge>;

/** The graphs of a bundle on their way into one. */
export class BundleGraphs {
  readonly #graphs = new Map<GraphRole, Part>();

  constructor(
    readonly graph: GraphBuilder,
    readonly bundle: Bundle,
  ) {
    for (const [role, model] of this.#models()) {
      const { file } = bundle.manifest.graphs[role]!;
      this.#graphs.set(role, addPart(graph, `${role}/`, model, file.slice(0, file.lastIndexOf('/') + 1)));
    }
  }

  has(role: GraphRole): boolean {
    return this.#graphs.has(role);
  }

  takes(graph: GraphRole, role: string): boolean {
    return role in this.bundle.manifest.graphs[graph]!.inputs;
  }

  /** What the graph itself says of the tensor behind one of its roles. */
  input(graph: GraphRole, role: string): OnnxValue {
    const { inputs } = this.bundle.manifest.graphs[graph]!;
    return this.bundle.graphs[graph]!.graph.input.find(({ name }) => name === inputs[role])!;
  }

  /** Splices the graph in once more; `repeat` tells its copies apart. Pictures come and go in the bundle's own range. */
  run(role: GraphRole, repeat: string, edges: Edges): ReadonlyMap<string, Edge> {
    const { inputs, outputs, range = this.bundle.manifest.range } = this.bundle.manifest.graphs[role]!;
    const feeds = new Map<string, Edge>();
    for (const [name, tensor] of Object.entries(inputs)) {
      const edge = this.#ranged(name, edges.get(name)!, this.bundle.manifest.range, range);
      feeds.set(tensor, cast(this.graph, edge, signature(this.input(role, name)).element));
    }
    const rename = splice(this.graph, `${role}${repeat}/`, this.#graphs.get(role)!, feeds);
    const made = new Map<string, Edge>();
    for (const [name, tensor] of Object.entries(outputs)) {
      const value = this.bundle.graphs[role]!.graph.output.find((one) => one.name === tensor)!;
      const edge = cast(this.graph, { name: rename(tensor), element: signature(value).element }, ELEMENT.float);
      made.set(name, this.#ranged(name, edge, range, this.bundle.manifest.range));
    }
    return made;
  }

  #ranged(role: string, edge: Edge, from: Range, to: Range): Edge {
    return role === 'lq' || role === 'picture' ? convertRange(this.graph, edge, from, to) : edge;
  }

  /** The smallest batch that any graph has built in. Constants and prompts are the same for a whole batch. */
  batchLimit(): number | null {
    const alike = new Set([...Object.keys(this.bundle.constants), ...promptRoles(this.bundle.manifest)]);
    const sizes = this.#models().flatMap(([role, model]) => {
      const fed = new Set(
        Object.entries(this.bundle.manifest.graphs[role]!.inputs).flatMap(([name, tensor]) =>
          alike.has(name) ? [] : [tensor],
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

/** Functions that several graphs bring along, once. Throws when two of one name differ. */
function mergeFunctions(functions: readonly OnnxFunction[]): OnnxFunction[] {
  const merged = new Map<string, OnnxFunction>();
  for (const one of functions) {
    const name = `${one.domain ?? ''}.${one.name}`;
    const known = merged.get(name);
    if (known && !sameFunction(known, one))
      throw new Error(`two of its graphs bring a function ${name}, and they differ`);
    merged.set(name, one);
  }
  return [...merged.values()];
}

const sameFunction = (a: OnnxFunction, b: OnnxFunction): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

const bytesOf = (one: OnnxFunction): Uint8Array =>
  encodeModel({ opsetImport: [], graph: { node: [], initializer: [], input: [], output: [] }, functions: [one] });
