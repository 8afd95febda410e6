import { join } from 'node:path';
import { allTensors } from '../onnx/allTensors';
import { ELEMENT, isExternal, type OnnxModel, type OnnxValue } from '../onnx/graph';
import { type Signature, signature } from '../onnx/signature';
import { GRAPH_ROLES } from './graphRoles';
import { type GraphEntry, type GraphRole, type Manifest } from './manifest';
import { invalid } from './parseManifest';

const FLOATS: readonly number[] = [ELEMENT.float, ELEMENT.float16, ELEMENT.double];
const INTEGERS: readonly number[] = [ELEMENT.int64, ELEMENT.int32];
export const REMEDY = 'Correct the field in model.json, or export the graph again.';

/** Throws MODEL_INVALID unless all tensors in model.json exist with the types and shapes of their roles. */
export function checkGraphs(
  folder: string,
  manifest: Manifest,
  graphs: Readonly<Partial<Record<GraphRole, OnnxModel>>>,
): void {
  for (const role of GRAPH_ROLES) {
    const model = graphs[role];
    const entry = manifest.graphs[role];
    if (!model || !entry) continue;
    const path = join(folder, entry.file);
    checkTensors(path, `graphs.${role}.inputs`, entry.inputs, freeInputs(model), manifest);
    checkTensors(path, `graphs.${role}.outputs`, entry.outputs, model.graph.output, manifest);
    checkFed(path, `graphs.${role}.inputs`, entry, model);
    checkExternal(path, `graphs.${role}.externalData`, entry, model);
    if (role === 'prompt') checkPlain(path, entry, model);
  }
}

/** Inputs without a default value. */
function freeInputs({ graph }: OnnxModel): readonly OnnxValue[] {
  const given = new Set(graph.initializer.map((tensor) => tensor.name));
  return graph.input.filter((value) => !given.has(value.name));
}

function checkTensors(
  path: string,
  field: string,
  named: Readonly<Record<string, string>>,
  values: readonly OnnxValue[],
  manifest: Manifest,
): void {
  for (const [role, name] of Object.entries(named)) {
    const value = values.find((one) => one.name === name);
    if (!value) {
      const has = values.map((one) => one.name).join(', ');
      throw invalid(path, `has no tensor “${name}” (${field}.${role}); it has ${has}`, REMEDY);
    }
    const { element, dims } = signature(value);
    const wrong = role === 't' ? timestepDefect(element, dims) : tensorDefect(element, dims, dimsOf(role, manifest));
    if (wrong !== null) throw invalid(path, `has a tensor “${name}” (${field}.${role}) that is ${wrong}`, REMEDY);
    if (field.endsWith('inputs') && isSpatial(role)) {
      checkSize(
        path,
        `“${name}” (${field}.${role})`,
        dims,
        field.includes('.prompt.') ? null : fixedSide(role, manifest),
      );
    }
  }
}

/** Height and width must be dynamic, or `side` for fixed-size tiles. */
function checkSize(path: string, tensor: string, dims: Signature['dims'], side: number | null): void {
  const size = (dims ?? []).slice(2);
  if (size.every((dim) => dim === null || dim === side)) return;
  const fixed = size.map((dim) => dim ?? '?').join('×');
  throw invalid(
    path,
    `has a tensor ${tensor} of fixed size ${fixed}${side === null ? '' : `, but the tiles need ${side}×${side}`}`,
    'Export the graph with dynamic height and width, or set tile.fixed in model.json to use tiles of one size.',
  );
}

/** Side of a role's tensor with fixed-size tiles; otherwise null. */
function fixedSide(role: string, { tile, scale, grid }: Manifest): number | null {
  if (!tile.fixed) return null;
  if (role === 'lq' || role === 'mask') return tile.size;
  return role === 'picture' ? tile.size * scale : (tile.size * scale) / grid.factor;
}

/** Shape that the manifest requires of a role: [n, channels, height, width]; null = dynamic. */
function dimsOf(role: string, { grid, constants = {} }: Manifest): readonly (number | null)[] | null {
  if (role === 'lq' || role === 'picture') return [null, 3, null, null];
  if (role === 'mask') return [null, 1, null, null];
  if (isSpatial(role)) return [null, grid.channels, null, null];
  return constants[role]?.dims ?? null;
}

/** Roles whose tensors have the height and width of a tile, in pixels or grid points. */
const isSpatial = (role: string): boolean =>
  ['lq', 'picture', 'mask', 'x', 'y', 'out', 'latent', 'deviation'].includes(role);

/** Describes how a tensor differs from the expected shape, as the end of a sentence; null when it matches. Dimensions: null = dynamic. */
export function tensorDefect(
  element: number,
  dims: Signature['dims'],
  expected: readonly (number | null)[] | null,
): string | null {
  if (!FLOATS.includes(element)) return `of element type ${element}, but must be float32, float16 or double`;
  if (expected === null || dims === null) return null;
  const fits =
    dims.length === expected.length && dims.every((dim, i) => dim === null || free(expected[i]) || dim === expected[i]);
  if (fits) return null;
  const show = (one: readonly (number | null)[]): string => `[${one.map((dim) => dim ?? '?').join(', ')}]`;
  return `of shape ${show(dims)}, but must be ${show(expected)}`;
}

const free = (dim: number | null | undefined): boolean => dim === null || dim === undefined;

function timestepDefect(element: number, dims: Signature['dims']): string | null {
  if (!FLOATS.includes(element) && !INTEGERS.includes(element)) {
    return `of element type ${element}, but a timestep must be an integer or a float`;
  }
  return dims !== null && dims.length > 1 ? `of rank ${dims.length}, but a timestep is one number per image` : null;
}

function checkFed(path: string, field: string, entry: GraphEntry, model: OnnxModel): void {
  const fed = new Set(Object.values(entry.inputs));
  const unfed = freeInputs(model).find(({ name }) => !fed.has(name));
  if (unfed) throw invalid(path, `needs an input “${unfed.name}” to which ${field} assigns no role`, REMEDY);
}

function checkExternal(path: string, field: string, { file, externalData = [] }: GraphEntry, model: OnnxModel): void {
  const base = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  for (const tensor of allTensors(model)) {
    const location = tensor.externalData?.find(({ key }) => key === 'location')?.value;
    if (!isExternal(tensor) || location === undefined) continue;
    if (externalData.some((one) => one.file === base + location)) continue;
    throw invalid(path, `stores weights in ${base}${location}, which ${field} does not list`, REMEDY);
  }
}

/** The `prompt` graph runs unmodified, so its tensors must be float32 of known rank. */
function checkPlain(path: string, { inputs, outputs }: GraphEntry, { graph }: OnnxModel): void {
  const names = [...Object.values(inputs), ...Object.values(outputs)];
  for (const value of [...graph.input, ...graph.output].filter(({ name }) => names.includes(name))) {
    const { element, dims } = signature(value);
    if (element !== ELEMENT.float) {
      throw invalid(path, `has a tensor “${value.name}” of element type ${element}, but must be float32`, REMEDY);
    }
    if (dims === null) throw invalid(path, `has a tensor “${value.name}” of unknown rank`, REMEDY);
  }
}
