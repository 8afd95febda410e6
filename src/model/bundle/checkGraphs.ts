import { join } from 'node:path';
import { ELEMENT, isExternal, type OnnxModel, type OnnxValue } from '../onnx/graph';
import { type Signature, signature } from '../onnx/signature';
import { GRAPH_ROLES } from './graphRoles';
import { type GraphEntry, type GraphRole, type Manifest } from './manifest';
import { invalid } from './parseManifest';

// Unset members of a oneof read as null or 0; a size of 0 never occurs.
const FLOATS: readonly number[] = [ELEMENT.float, ELEMENT.float16, ELEMENT.double];
const INTEGERS: readonly number[] = [ELEMENT.int64, ELEMENT.int32];
export const REMEDY = 'Correct the field in model.json, or export the graph again.';

/** Throws `MODEL_INVALID` unless the tensors that model.json names exist and have the types and shapes their roles need. */
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

/** Inputs that have no default: what has to be fed. */
export function freeInputs({ graph }: OnnxModel): readonly OnnxValue[] {
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
    if (field.endsWith('inputs') && isPictureLike(role)) {
      checkSize(
        path,
        `“${name}” (${field}.${role})`,
        dims,
        field.includes('.prompt.') ? null : fixedSide(role, manifest),
      );
    }
  }
}

/** Height and width have to be free, or `side` where all tiles are of one size. */
function checkSize(path: string, tensor: string, dims: Signature['dims'], side: number | null): void {
  const size = (dims ?? []).slice(2);
  if (size.every((dim) => dim === null || dim === side)) return;
  const fixed = size.map((dim) => dim ?? '?').join('×');
  throw invalid(
    path,
    `has a tensor ${tensor} that is fixed to ${fixed}${side === null ? '' : `, where tiles make it ${side}×${side}`}`,
    'Export the graph with free height and width, or for tiles of one size, with tile.fixed in model.json.',
  );
}

/** Side of a role's tensor when all tiles are of one size; else null. */
function fixedSide(role: string, { tile, scale, grid }: Manifest): number | null {
  if (!tile.fixed) return null;
  if (role === 'lq' || role === 'mask') return tile.size;
  return role === 'picture' ? tile.size * scale : (tile.size * scale) / grid.factor;
}

/** What the manifest fixes of a role's shape: [n, channels, height, width]; null = free. */
function dimsOf(role: string, { grid, constants = {} }: Manifest): readonly (number | null)[] | null {
  if (role === 'lq' || role === 'picture') return [null, 3, null, null];
  if (role === 'mask') return [null, 1, null, null];
  if (isPictureLike(role)) return [null, grid.channels, null, null];
  return constants[role]?.dims ?? null;
}

/** Of the height and width of a tile, in pixels or cells. */
const isPictureLike = (role: string): boolean =>
  ['lq', 'picture', 'mask', 'x', 'y', 'out', 'latent', 'deviation'].includes(role);

/** How a tensor differs from what it has to be, as the end of a sentence; null when it fits. `expected`: null = free. */
export function tensorDefect(
  element: number,
  dims: Signature['dims'],
  expected: readonly (number | null)[] | null,
): string | null {
  if (!FLOATS.includes(element)) return `of element type ${element}, but has to be float32, float16 or double`;
  if (expected === null || dims === null) return null;
  const fits =
    dims.length === expected.length && dims.every((dim, i) => dim === null || free(expected[i]) || dim === expected[i]);
  // A size of 1 in front is a batch that was fixed when the graph was exported; the tiles are then run one by one.
  if (fits) return null;
  const show = (one: readonly (number | null)[]): string => `[${one.map((dim) => dim ?? '?').join(', ')}]`;
  return `shaped ${show(dims)}, but has to be ${show(expected)}`;
}

const free = (dim: number | null | undefined): boolean => dim === null || dim === undefined;

function timestepDefect(element: number, dims: Signature['dims']): string | null {
  if (!FLOATS.includes(element) && !INTEGERS.includes(element)) {
    return `of element type ${element}, but a timestep has to be an integer or a float`;
  }
  return dims !== null && dims.length > 1 ? `of rank ${dims.length}, but a timestep is one number per picture` : null;
}

function checkFed(path: string, field: string, entry: GraphEntry, model: OnnxModel): void {
  const fed = new Set(Object.values(entry.inputs));
  const hungry = freeInputs(model).find(({ name }) => !fed.has(name));
  if (hungry) throw invalid(path, `wants a tensor “${hungry.name}” that ${field} does not give a role`, REMEDY);
}

function checkExternal(path: string, field: string, { file, externalData = [] }: GraphEntry, model: OnnxModel): void {
  const base = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  for (const tensor of model.graph.initializer) {
    const location = tensor.externalData?.find(({ key }) => key === 'location')?.value;
    if (!isExternal(tensor) || location === undefined) continue;
    if (externalData.some((one) => one.file === base + location)) continue;
    throw invalid(path, `keeps weights in ${base}${location}, which ${field} does not list`, REMEDY);
  }
}

/** Nothing converts what goes into the graph `prompt` and comes out of it, and how long its results are has to be known. */
function checkPlain(path: string, { inputs, outputs }: GraphEntry, { graph }: OnnxModel): void {
  const names = [...Object.values(inputs), ...Object.values(outputs)];
  for (const value of [...graph.input, ...graph.output].filter(({ name }) => names.includes(name))) {
    const { element, dims } = signature(value);
    if (element !== ELEMENT.float) {
      throw invalid(path, `has a tensor “${value.name}” of element type ${element}, but has to be float32`, REMEDY);
    }
    if (dims === null) throw invalid(path, `does not say what shape “${value.name}” has`, REMEDY);
  }
}
