import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RemasterError } from '../../../../errors';
import type { Finding } from '../../../../settings/verifyJob';
import { openSource } from '../../../media/sourceFile';
import type { ModelFiles, RecordedSource } from '../record/record';
import type { RecordTools } from '../record/openRecording';
import { recordedSource } from '../record/recordedSource';
import type { JobRecord } from '../record/record';
import { differs, same } from './findings';

/** A file that was compared, and its path where it is the recorded one. */
export interface Compared {
  readonly finding: Finding;
  readonly path: string | null;
}

/** `given`: where it is; null: in the folder `beside`, under its recorded name. */
export async function checkSource(
  what: 'source' | 'mask',
  wanted: RecordedSource,
  given: string | null,
  beside: string,
  signal: AbortSignal,
): Promise<Compared> {
  const path = given ?? join(beside, wanted.name);
  const words = what.toUpperCase() as 'SOURCE' | 'MASK';
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const where = given === null ? `give the ${what} with --${what}` : 'check the path';
    return { finding: differs(what, `${words}_NOT_FOUND`, `${path} does not exist: ${where}`), path: null };
  }
  const found = await openSource(path).then(
    (file) => recordedSource(file, signal),
    (error: unknown) => unlessRemaster(error),
  );
  if ('code' in found) return { finding: differs(what, `${words}_CHANGED`, found.message), path: null };
  if (found.sha256 === wanted.sha256 && found.images === wanted.images)
    return {
      finding: same(what, `${path} is the recorded ${what}: ${found.bytes} bytes, sha256 ${found.sha256}`),
      path,
    };
  const why = `${path} is not the recorded ${what}: ${found.bytes} bytes instead of ${wanted.bytes}, sha256 ${found.sha256}`;
  return { finding: differs(what, `${words}_CHANGED`, why), path: null };
}

/** A file that cannot be a source any more has changed. */
export function unlessRemaster(error: unknown): RemasterError {
  if (error instanceof RemasterError) return error;
  throw error;
}

/** Of a bundle; a path would lead to any folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** `given`: its name or folder; null: the recorded name. Returns what opens it in `path`. */
export async function checkModel(
  { model: wanted, job }: JobRecord,
  given: string | null,
  { modelFiles }: RecordTools,
): Promise<Compared> {
  const recorded = typeof job['model'] === 'string' && NAME.test(job['model']) ? job['model'] : wanted.name;
  const name = given ?? recorded;
  let found: ModelFiles;
  try {
    found = await modelFiles(name);
  } catch (error) {
    if (!(error instanceof RemasterError)) throw error;
    return { finding: differs('model', 'MODEL_NOT_FOUND', `${error.message} Name it with --model.`), path: null };
  }
  if (found.sha256 === wanted.sha256)
    return { finding: same('model', `${wanted.name} is the recorded model: sha256 ${wanted.sha256}`), path: name };
  const changed = wanted.files.filter(
    ({ name: file, sha256 }) => found.files.find((one) => one.name === file)?.sha256 !== sha256,
  );
  const files = changed.map((file) => file.name).join(', ');
  const why = `the model ${name} is not the recorded one: ${files} ${changed.length === 1 ? 'differs' : 'differ'}`;
  return {
    finding: differs('model', 'MODEL_CHANGED', `${why}; sha256 ${found.sha256} instead of ${wanted.sha256}`),
    path: null,
  };
}
