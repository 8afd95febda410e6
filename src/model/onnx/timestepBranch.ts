import type { OnnxModel, OnnxNode } from './graph';

/** Operators that broadcast a batch of one over the batch of their other input. */
const STRETCHING: readonly string[] = ['Add', 'Sub', 'Mul', 'Div', 'Expand'];

/**
 * True when one timestep can replace a timestep per image: when everything computed from it alone meets the images in
 * operators that broadcast. It can then be a constant, and onnxruntime folds the whole timestep branch when it loads the
 * graph, including the weights of the convolutions that it scales.
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

/** A subgraph can use any name of the outer graph. */
const holdsGraph = ({ attribute = [] }: OnnxNode): boolean =>
  attribute.some(({ g, graphs = [] }) => (g !== undefined && g !== null) || graphs.length > 0);

/** A node with image inputs must not use the branch, or broadcast it. */
function joinsWell({ opType, domain, input }: OnnxNode, branch: ReadonlySet<string>): boolean {
  if (!input.some((name) => branch.has(name))) return true;
  if ((domain ?? '') !== '' || !STRETCHING.includes(opType)) return false;
  // The shape input of Expand must come from the images.
  return opType !== 'Expand' || !branch.has(input[1]!);
}
