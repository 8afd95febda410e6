import type { GraphRole, Manifest } from './manifest';

/**
 * Roles of the tensors between the graphs of a bundle. A graph may use any that exist when it runs:
 *
 *     lq        source image                 [n, 3, h, w]
 *     picture   `lq` enlarged by `scale`     [n, 3, h·scale, w·scale]
 *     y         start of the sampler         [n, channels, h·scale/factor, w·scale/factor]
 *     x, t      state and timestep of a step
 *     mask      +1 in areas to inpaint, −1 elsewhere  [n, 1, h, w]; `lq` is black there, and so is `picture`
 *               unless a `preprocess` graph fills it
 *
 * and the bundle's constants, the outputs of `condition`, and the outputs of `prompt` for the shot.
 */
const INPUTS: Readonly<Record<GraphRole, readonly string[]>> = {
  prompt: ['lq'],
  preprocess: ['lq', 'mask'],
  encode: ['lq', 'picture'],
  condition: ['lq', 'picture', 'y', 'mask'],
  denoise: ['lq', 'picture', 'y', 'x', 't', 'mask'],
  decode: ['lq', 'picture', 'latent'],
};

/** Required outputs of each graph; `prompt` and `condition` name their own. */
const OUTPUTS: Readonly<Record<GraphRole, readonly string[]>> = {
  prompt: [],
  preprocess: ['picture'],
  encode: ['latent'],
  condition: [],
  denoise: ['out'],
  decode: ['picture'],
};

/** Optional outputs. `deviation`: standard deviation of the encoder's posterior; y = latent + deviation·ε. */
const OPTIONAL_OUTPUTS: Readonly<Partial<Record<GraphRole, readonly string[]>>> = { encode: ['deviation'] };

/** Required inputs of each graph. */
const NEEDED: Readonly<Record<GraphRole, readonly string[]>> = {
  prompt: ['lq'],
  preprocess: ['lq'],
  encode: [],
  condition: [],
  denoise: ['x'],
  decode: ['latent'],
};

/** The graphs that are fused into one, in the order in which they run. */
export const FUSED_ROLES = ['preprocess', 'encode', 'condition', 'denoise', 'decode'] as const;

/** All graphs of a bundle. `prompt` runs once per shot, before the others. */
export const GRAPH_ROLES = ['prompt', ...FUSED_ROLES] as const;

const RESERVED = new Set([...Object.values(INPUTS), ...Object.values(OUTPUTS), ['deviation']].flat());

/** The first unknown, missing or reserved role in `manifest`, as the end of a sentence; null when all are valid. */
export function graphRoleDefect({ graphs, constants = {} }: Manifest): string | null {
  for (const role of Object.keys(constants)) {
    if (RESERVED.has(role)) return `is invalid in constants: “${role}” is a reserved name`;
  }
  const prompts = Object.keys(graphs.prompt?.outputs ?? {});
  const given = Object.keys(graphs.condition?.outputs ?? {});
  for (const [graph, roles, taken] of [
    ['prompt', prompts, Object.keys(constants)],
    ['condition', given, [...Object.keys(constants), ...prompts]],
  ] as const) {
    const role = roles.find((one) => RESERVED.has(one) || taken.includes(one));
    if (role !== undefined) return `is invalid in graphs.${graph}.outputs: “${role}” is already in use`;
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
  return unknown === undefined
    ? null
    : `is invalid in ${where}: unknown role “${unknown}”; known are ${known.join(', ')}`;
}

function missingRole(named: object, needed: readonly string[], where: string): string | null {
  const missing = needed.find((role) => !(role in named));
  return missing === undefined ? null : `is invalid in ${where}: “${missing}” is missing`;
}
