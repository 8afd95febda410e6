import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RemasterError } from '../../errors';
import { withWeightsInFile } from '../onnx/externalWeights';
import { decodeModel, type OnnxModel } from '../onnx/graph';
import { checkGraphs } from './checkGraphs';
import { checkPromptShapes } from './checkPromptShapes';
import { checkWeights, nonFinite } from './checkWeights';
import { GRAPH_ROLES } from './graphRoles';
import type { GraphRole } from './manifest';
import { invalid } from './parseManifest';
import { type Intact, REFETCH } from './verifyChecksums';

/** A bundle whose files were verified and whose graphs are consistent. */
export interface Bundle extends Intact {
  readonly graphs: Readonly<Partial<Record<GraphRole, OnnxModel>>>;
  readonly constants: Readonly<Record<string, Constant>>;
}

export interface Constant {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Reads all graphs and constants and checks that they are consistent. Throws MODEL_INVALID. */
export async function readBundle({ folder, manifest, sha256 }: Intact): Promise<Bundle> {
  const graphs: Partial<Record<GraphRole, OnnxModel>> = {};
  const files: Partial<Record<GraphRole, Uint8Array>> = {};
  for (const role of GRAPH_ROLES) {
    const entry = manifest.graphs[role];
    if (entry) [graphs[role], files[role]] = await readGraph(join(folder, entry.file));
  }
  const constants: Record<string, Constant> = {};
  for (const [role, entry] of Object.entries(manifest.constants ?? {})) {
    constants[role] = await readConstant(join(folder, entry.file), entry.dims, `constants.${role}.dims`);
  }
  checkGraphs(folder, manifest, graphs);
  for (const role of GRAPH_ROLES) {
    const graph = graphs[role];
    if (graph) await checkWeights(join(folder, manifest.graphs[role]!.file), graph);
  }
  checkPromptShapes(folder, manifest, graphs);
  for (const role of GRAPH_ROLES) {
    const graph = graphs[role];
    if (graph) graphs[role] = withWeightsInFile(graph, files[role]!, basename(manifest.graphs[role]!.file));
  }
  return { folder, manifest, sha256, graphs, constants };
}

async function readGraph(path: string): Promise<readonly [OnnxModel, Uint8Array]> {
  try {
    const bytes = await readFile(path);
    return [decodeModel(bytes), bytes];
  } catch (cause) {
    if (cause instanceof RemasterError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(path, `is not an ONNX graph (${why})`, REFETCH, cause);
  }
}

async function readConstant(path: string, dims: readonly number[], field: string): Promise<Constant> {
  const bytes = await readFile(path);
  const expected = 4 * dims.reduce((product, dim) => product * dim, 1);
  if (bytes.length !== expected) {
    const what = `holds ${bytes.length} bytes, but float32 [${dims.join(', ')}] (${field}) is ${expected}`;
    throw invalid(path, what, REFETCH);
  }
  // Copied because the buffer of a small file may not be aligned to four bytes.
  const data = new Float32Array(new Uint8Array(bytes).buffer);
  if (!data.every(Number.isFinite)) throw nonFinite(path, field);
  return { dims, data };
}
