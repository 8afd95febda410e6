import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileEntry, type Manifest } from './manifest';
import { invalid, MANIFEST_FILE, readManifest } from './parseManifest';

/** A bundle whose files match the hashes in model.json. */
export interface Intact {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Hash of model.json, which contains the hashes of all other files. */
  readonly sha256: string;
}

export const REFETCH = 'Fetch the bundle again, or correct model.json if the file was changed on purpose.';

/** Verifies the hashes of all files. Throws MODEL_INVALID. */
export async function verifyChecksums(folder: string): Promise<Intact> {
  const { manifest, bytes } = await readManifest(folder);
  for (const entry of filesOf(manifest)) await checkHash(folder, entry);
  return { folder, manifest, sha256: createHash('sha256').update(bytes).digest('hex') };
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

/** The files of a bundle and what model.json says about them, without reading them. Throws MODEL_NOT_FOUND, MODEL_INVALID. */
export async function describeFiles(folder: string) {
  const { manifest, bytes } = await readManifest(folder);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const files = [{ name: MANIFEST_FILE, bytes: bytes.length, sha256 }];
  for (const { file, field, sha256: hash } of filesOf(manifest))
    files.push({ name: file, bytes: await sizeOf(join(folder, file), field), sha256: hash });
  return { sha256, licence: manifest.licence.name, files };
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
