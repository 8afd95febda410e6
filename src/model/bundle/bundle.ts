import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RemasterError } from '../../errors';
import { withWeightsInFile } from '../onnx/externalWeights';
import { decodeModel, type OnnxModel } from '../onnx/graph';
import { checkGraphs } from './checkGraphs';
import { checkPromptShapes } from './checkPromptShapes';
import { GRAPH_ROLES } from './graphRoles';
import { type FileEntry, type GraphRole, type Manifest } from './manifest';
import { invalid, MANIFEST_FILE, readManifest } from './parseManifest';

/** A bundle whose files were verified and whose graphs are consistent. */
export interface Bundle extends Intact {
  readonly graphs: Readonly<Partial<Record<GraphRole, OnnxModel>>>;
  readonly constants: Readonly<Record<string, Constant>>;
}

export interface Constant {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

const REFETCH = 'Fetch the bundle again, or correct model.json if the file was changed on purpose.';

/** A bundle whose files match the hashes in model.json. */
export interface Intact {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Hash of model.json, which contains the hashes of all other files. */
  readonly sha256: string;
}

/** Verifies the hashes of all files. Throws MODEL_INVALID. */
export async function checkBundle(folder: string): Promise<Intact> {
  const { manifest, bytes } = await readManifest(folder);
  for (const entry of filesOf(manifest)) await checkHash(folder, entry);
  return { folder, manifest, sha256: createHash('sha256').update(bytes).digest('hex') };
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
  checkPromptShapes(folder, manifest, graphs);
  for (const role of GRAPH_ROLES) {
    const graph = graphs[role];
    if (graph) graphs[role] = withWeightsInFile(graph, files[role]!, basename(manifest.graphs[role]!.file));
  }
  return { folder, manifest, sha256, graphs, constants };
}

/** All files that model.json lists, with the field that lists each. */
function filesOf({ graphs, constants = {} }: Manifest): readonly (FileEntry & { readonly field: string })[] {
  const files: (FileEntry & { field: string })[] = [];
  for (const [role, graph] of Object.entries(graphs)) {
    files.push({ file: graph.file, sha256: graph.sha256, field: `graphs.${role}` });
    for (const [i, data] of (graph.externalData ?? []).entries()) {
      files.push({ ...data, field: `graphs.${role}.externalData.${i}` });
    }
  }
  for (const [role, { file, sha256 }] of Object.entries(constants))
    files.push({ file, sha256, field: `constants.${role}` });
  return files;
}

/** Total size of the bundle in bytes. Throws MODEL_INVALID when a file is missing. */
export async function bundleSize(folder: string, manifest: Manifest): Promise<number> {
  let bytes = 0;
  for (const { file, field } of filesOf(manifest)) bytes += await sizeOf(join(folder, file), field);
  return bytes + (await sizeOf(join(folder, MANIFEST_FILE), 'model.json'));
}

async function sizeOf(path: string, field: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw invalid(path, `is missing; model.json lists it in ${field}`, REFETCH, cause);
  });
  if (!found.isFile()) throw invalid(path, `is not a file; model.json lists it in ${field}`, REFETCH);
  return found.size;
}

async function checkHash(folder: string, { file, sha256, field }: FileEntry & { field: string }): Promise<void> {
  const path = join(folder, file);
  await sizeOf(path, field);
  const hash = createHash('sha256');
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- chunks are buffers when no encoding is set
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch (cause) {
    throw invalid(path, 'cannot be read', 'Give this user permission to read it.', cause);
  }
  const found = hash.digest('hex');
  if (found === sha256) return;
  throw invalid(path, `is not the file model.json describes: its sha256 is ${found}, not ${field}.sha256`, REFETCH);
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
  return { dims, data: new Float32Array(new Uint8Array(bytes).buffer) };
}
