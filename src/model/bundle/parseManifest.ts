import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../errors';
import type { Manifest } from './manifest';
import { ruleDefect } from './manifestRules';
import { validateManifest } from './manifestSchema';

const BUNDLE_DOCS = 'https://github.com/remaster-video/node-red-video/blob/main/docs/bundles.md';

/** Reads and checks `folder`/model.json. The files it names are not read. */
export async function readManifest(folder: string): Promise<{ manifest: Manifest; bytes: Uint8Array }> {
  const path = join(folder, MANIFEST_FILE);
  const bytes = await readFile(path).catch((cause: unknown) => {
    const message = `${folder} is not a model bundle: it has no readable ${MANIFEST_FILE}`;
    const remedy = `Give the folder of a bundle (${BUNDLE_DOCS}), or one of the names that \`remaster models\` lists.`;
    throw new RemasterError('MODEL_NOT_FOUND', message, { remedy, cause });
  });
  return { manifest: parseManifest(bytes, path), bytes };
}

/** `path` is used in error messages only. */
function parseManifest(bytes: Uint8Array, path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(path, `is not JSON (${why})`, 'Correct the file, or fetch the bundle again.', cause);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only read
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 1) {
    throw invalid(path, `has format ${format}, but this version supports only format 1`, 'Update remaster.');
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema was validated in the first operand
  const defect = validateManifest(value) ?? ruleDefect(value as Manifest);
  if (defect !== null) throw invalid(path, defect, `Correct this field; all of them are described in ${BUNDLE_DOCS}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked
  return value as Manifest;
}

/** A MODEL_INVALID error whose message begins with the file. */
export const invalid = (file: string, what: string, remedy: string, cause?: unknown): RemasterError =>
  new RemasterError('MODEL_INVALID', `${file} ${what}`, { remedy, cause });

export const MANIFEST_FILE = 'model.json';
