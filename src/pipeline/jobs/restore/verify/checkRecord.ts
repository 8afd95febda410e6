import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Finding } from '../../../../settings/verifyJob';
import { parseManifest } from '../record/manifest';
import { manifestPath, recordPath } from '../record/recordNames';
import { type HashOf, LARGEST_MANIFEST } from './checkBag';
import { differs, note, same } from './findings';
import type { Located } from './locate';

/** Compares the record with the manifest beside it. */
export async function checkRecord({ result, recordFile, record }: Located, hashOf: HashOf): Promise<Finding> {
  const path = manifestPath(result);
  const found = await stat(path).catch(() => null);
  if (!found) return note('record', null, `no ${basename(path)}: whether the record was changed is not known`);
  const entries = found.isFile() && found.size <= LARGEST_MANIFEST ? parseManifest(await readFile(path, 'utf8')) : null;
  const names = [basename(recordFile), basename(recordPath(record.result.name))]; // all three may have been renamed
  const wanted = entries?.find((entry) => names.includes(entry.path))?.sha256;
  if (wanted === (await hashOf(recordFile))) return same('record', 'the record is the one of the manifest');
  return differs('record', 'RECORD_CHANGED', `${basename(recordFile)} is not the one that ${basename(path)} names`);
}
