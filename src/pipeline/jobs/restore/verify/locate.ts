import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RemasterError } from '../../../../errors';
import { BAG_MARK } from '../record/bag';
import { invalidRecord, readRecord } from '../record/readRecord';
import type { JobRecord } from '../record/record';
import { recordPath } from '../record/recordNames';

/** A result and what belongs to it. */
export interface Located {
  readonly result: string;
  readonly recordFile: string;
  readonly record: JobRecord;
  /** The BagIt folder they are in; null: none was given. */
  readonly bag: string | null;
  /** Where sources are looked for. */
  readonly beside: string;
}

const RECORD = /\.remaster(\.[0-9a-f]{32})?\.json$/;

/** `path`: a result, its record, or a BagIt folder. Errors: SOURCE_NOT_FOUND, RECORD_NOT_FOUND, RECORD_INVALID. */
export async function locate(path: string): Promise<Located> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RemasterError('SOURCE_NOT_FOUND', `${path} does not exist.`, { remedy: 'Check the path.', cause });
  });
  const isRecord = RECORD.test(basename(path));
  if (found.isDirectory() && (await isBag(path)))
    return { ...(await byRecord(await recordIn(path))), bag: path, beside: dirname(path) };
  if (isRecord) return { ...(await byRecord(path)), bag: null, beside: dirname(path) };
  const recordFile = recordPath(path);
  const record = await readRecord(recordFile);
  return { result: path, recordFile, record, bag: null, beside: dirname(path) };
}

/** The result has the name that the record says, in the same folder: the schema admits no other place. */
async function byRecord(recordFile: string) {
  const record = await readRecord(recordFile);
  return { result: join(dirname(recordFile), record.result.name), recordFile, record };
}

/** A folder of images has its record beside it, like a file. */
async function isBag(folder: string): Promise<boolean> {
  const hasRecord = await stat(recordPath(folder)).then(
    () => true,
    () => false,
  );
  return !hasRecord || (await readdir(folder)).includes(BAG_MARK);
}

async function recordIn(folder: string): Promise<string> {
  const names = await readdir(join(folder, 'data')).catch(() => []);
  const records = names.filter((name) => RECORD.test(name));
  if ((await readdir(folder)).includes(BAG_MARK) && records.length === 1) return join(folder, 'data', records[0]!);
  if (records.length > 1) throw invalidRecord(folder, 'it has several records');
  throw new RemasterError(
    'RECORD_NOT_FOUND',
    `${folder} has no record beside it, and is not a BagIt folder with one in data/.`,
    {
      remedy: 'Give a result that has a record beside it, or a folder that --bag has made.',
    },
  );
}
