import type { OnnxModel, OnnxNode } from './graph';

/** Operators that stretch a batch of one over the batch of their other input. */
const STRETCHING: readonly string[] = ['Add', 'Sub', 'Mul', 'Div', 'Expand'];

/**
 * True when a timestep given once does the same as the timestep given per picture: when all that is computed from it
 * alone meets the pictures in operators that stretch it over them. It can then be a constant, and onnxruntime computes
 * the whole branch of the timestep when it loads the graph, down to the weights of the convolutions that it scales.
 */
export function timestepBranch({ graph }: OnnxModel, timestep: string): boolean {
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const branch = new Set([timestep]);
  for (const node of graph.node) {
    const inputs = node.input.filter((name) => name !== '');
    if (holdsGraph(node)) return false;
    if (inputs.length === 0) node.output.forEach((name) => weights.add(name));
    else if (inputs.every((name) => weights.has(name))) node.output.forEach((name) => weights.add(name));
    else if (inputs.every((name) => branch.has(name) || weights.has(name)))
      node.output.forEach((name) => branch.add(name));
    else if (!joinsWell(node, branch)) return false;
  }
  return !graph.output.some(({ name }) => branch.has(name));
}

/** A body of its own can use any name of the graph around it. */
const holdsGraph = ({ attribute = [] }: OnnxNode): boolean =>
  attribute.some(({ g, graphs = [] }) => (g !== undefined && g !== null) || graphs.length > 0);

/** A node that sees pictures: either it sees nothing of the branch, or it stretches it. */
function joinsWell({ opType, domain, input }: OnnxNode, branch: ReadonlySet<string>): boolean {
  if (!input.some((name) => branch.has(name))) return true;
  if ((domain ?? '') !== '' || !STRETCHING.includes(opType)) return false;
  // The shape that Expand takes has to come from the pictures.
  return opType !== 'Expand' || !branch.has(input[1]!);
}
