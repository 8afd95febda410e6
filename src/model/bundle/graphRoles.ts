import type { GraphRole, Manifest } from './manifest';

/**
 * What may flow between the graphs of a bundle, by role. A graph takes whatever it likes of what exists when it runs:
 *
 *     lq        source picture             [n, 3, h, w]
 *     picture   the same, `scale` larger   [n, 3, h·scale, w·scale]
 *     y         where the walk starts      [n, channels, h·scale/factor, w·scale/factor]
 *     x, t      state and timestep of a step
 *     mask      +1 in the holes that are to be filled, −1 elsewhere  [n, 1, h, w]; `lq` is black there, and
 *               `picture` too unless a `preprocess` graph fills it beforehand
 *
 * and the bundle's constants, and whatever `condition` gives, and whatever `prompt` gave for the shot.
 */
const INPUTS: Readonly<Record<GraphRole, readonly string[]>> = {
  prompt: ['lq'],
  preprocess: ['lq', 'mask'],
  encode: ['lq', 'picture'],
  condition: ['lq', 'picture', 'y', 'mask'],
  denoise: ['lq', 'picture', 'y', 'x', 't', 'mask'],
  decode: ['lq', 'picture', 'latent'],
};

/** Roles each graph must give; `prompt` and `condition` may name their own. */
const OUTPUTS: Readonly<Record<GraphRole, readonly string[]>> = {
  prompt: [],
  preprocess: ['picture'],
  encode: ['latent'],
  condition: [],
  denoise: ['out'],
  decode: ['picture'],
};

/** Roles a graph may give besides. `deviation`: of the encoder's posterior; y = latent + deviation·ε. */
const OPTIONAL_OUTPUTS: Readonly<Partial<Record<GraphRole, readonly string[]>>> = { encode: ['deviation'] };

/** Roles without which a graph would make no sense. */
const NEEDED: Readonly<Record<GraphRole, readonly string[]>> = {
  prompt: ['lq'],
  preprocess: ['lq'],
  encode: [],
  condition: [],
  denoise: ['x'],
  decode: ['latent'],
};

/** The graphs that become one, in the order in which they run. */
export const FUSED_ROLES = ['preprocess', 'encode', 'condition', 'denoise', 'decode'] as const;

/** All graphs that a bundle may hold. `prompt` runs once per shot, before the others. */
export const GRAPH_ROLES = ['prompt', ...FUSED_ROLES] as const;

const RESERVED = new Set([...Object.values(INPUTS), ...Object.values(OUTPUTS), ['deviation']].flat());

/** The first role in `manifest` that is not there to be used, as the end of a sentence; null when all fit. */
export function graphRoleDefect({ graphs, constants = {} }: Manifest): string | null {
  for (const role of Object.keys(constants)) {
    if (RESERVED.has(role)) return `is wrong in constants: “${role}” is the name of something else`;
  }
  const prompts = Object.keys(graphs.prompt?.outputs ?? {});
  const given = Object.keys(graphs.condition?.outputs ?? {});
  for (const [graph, roles, taken] of [
    ['prompt', prompts, Object.keys(constants)],
    ['condition', given, [...Object.keys(constants), ...prompts]],
  ] as const) {
    const role = roles.find((one) => RESERVED.has(one) || taken.includes(one));
    if (role !== undefined) return `is wrong in graphs.${graph}.outputs: “${role}” is the name of something else`;
  }
  for (const graph of GRAPH_ROLES) {
    const entry = graphs[graph];
    if (!entry) continue;
    const always = graph === 'prompt' ? [] : [...Object.keys(constants), ...prompts];
    const inputs = [...INPUTS[graph], ...always, ...(graph === 'denoise' ? given : [])];
    const own = { prompt: prompts, condition: given }[graph as string];
    const outputs = own ?? [...OUTPUTS[graph], ...(OPTIONAL_OUTPUTS[graph] ?? [])];
    const defect =
      unknownRole(entry.inputs, inputs, `graphs.${graph}.inputs`) ??
      unknownRole(entry.outputs, outputs, `graphs.${graph}.outputs`) ??
      missingRole(entry.inputs, NEEDED[graph], `graphs.${graph}.inputs`) ??
      missingRole(entry.outputs, OUTPUTS[graph], `graphs.${graph}.outputs`);
    if (defect !== null) return defect;
  }
  return null;
}

function unknownRole(named: object, known: readonly string[], where: string): string | null {
  const unknown = Object.keys(named).find((role) => !known.includes(role));
  return unknown === undefined ? null : `is wrong in ${where}: there is no “${unknown}” here, only ${known.join(', ')}`;
}

function missingRole(named: object, needed: readonly string[], where: string): string | null {
  const missing = needed.find((role) => !(role in named));
  return missing === undefined ? null : `is wrong in ${where}: “${missing}” is missing`;
}
