import type { Bundle } from '../bundle/bundle';
import type { GraphRole, Range } from '../bundle/manifest';
import { cast, type Edge, type GraphBuilder } from '../onnx/builder';
import { ELEMENT, type OnnxValue } from '../onnx/graph';
import { signature } from '../onnx/signature';
import { addPart, type Part, splice } from '../onnx/splice';
import { fusedGraphs } from './fusedGraphs';
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
    for (const [role, model] of fusedGraphs(bundle)) {
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
}
