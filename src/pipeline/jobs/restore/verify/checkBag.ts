import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Finding } from '../../../../settings/verifyJob';
import { BAG_MARK } from '../record/bag';
import { type ManifestEntry, parseManifest } from '../record/manifest';
import { differs, same } from './findings';

/** Returns the sha256 of a file. */
export type HashOf = (path: string) => Promise<string>;

const [PAYLOAD, TAGS] = ['manifest-sha256.txt', 'tagmanifest-sha256.txt'];
/** Bytes of a manifest that is read: it has a line for each file, and a result may be images. */
export const LARGEST_MANIFEST = 1 << 28;

/** Checks that a BagIt folder is complete and valid (RFC 8493, 3). */
export async function checkBag(bag: string, hashOf: HashOf): Promise<Finding> {
  const defect = (await badMark(bag)) ?? (await badPayload(bag, hashOf)) ?? (await badTags(bag, hashOf));
  return defect === null
    ? same('bag', 'the BagIt folder is complete and valid')
    : differs('bag', 'BAG_INVALID', `the BagIt folder is not valid: ${defect}`);
}

async function badMark(bag: string): Promise<string | null> {
  const text = await readFile(join(bag, BAG_MARK), 'utf8').catch(() => '');
  const isValid = /^BagIt-Version: \d+\.\d+\r?\nTag-File-Character-Encoding: UTF-8\r?\n?$/.test(text);
  return isValid ? null : `${BAG_MARK} does not say what it should`;
}

async function badPayload(bag: string, hashOf: HashOf): Promise<string | null> {
  const entries = await entriesOf(join(bag, PAYLOAD));
  if (entries === null) return `${PAYLOAD} is missing or not a manifest`;
  const listed = new Set(entries.map(({ path }) => path));
  const found = await filesIn(bag, 'data');
  const extra = found.find((path) => !listed.has(path));
  if (extra !== undefined) return `${PAYLOAD} does not list ${extra}`;
  // Only files that were found are opened, so no entry leads elsewhere.
  const known = new Set(found);
  const missing = entries.find(({ path }) => !known.has(path));
  if (missing !== undefined) return `${missing.path} is missing`;
  const oxum = await badOxum(bag, found);
  return oxum ?? changedIn(bag, entries, hashOf);
}

/** `Payload-Oxum: BYTES.FILES` of bag-info.txt, where it has one. */
async function badOxum(bag: string, files: readonly string[]): Promise<string | null> {
  const info = await readFile(join(bag, 'bag-info.txt'), 'utf8').catch(() => '');
  const wanted = /^Payload-Oxum: *(\S+)/m.exec(info)?.[1];
  let bytes = 0;
  for (const file of files) bytes += (await stat(join(bag, file))).size;
  const oxum = `${bytes}.${files.length}`;
  return wanted === undefined || wanted === oxum ? null : `its content is ${oxum}, and bag-info.txt says ${wanted}`;
}

async function badTags(bag: string, hashOf: HashOf): Promise<string | null> {
  const entries = await entriesOf(join(bag, TAGS));
  if (entries === null) return `${TAGS} is missing or not a manifest`;
  const known = new Set(
    (await readdir(bag, { withFileTypes: true })).filter((one) => one.isFile()).map(({ name }) => name),
  );
  const missing = entries.find(({ path }) => !known.has(path));
  return missing === undefined ? changedIn(bag, entries, hashOf) : `${missing.path} is missing`;
}

async function changedIn(bag: string, entries: readonly ManifestEntry[], hashOf: HashOf): Promise<string | null> {
  for (const { path, sha256 } of entries) if ((await hashOf(join(bag, path))) !== sha256) return `${path} has changed`;
  return null;
}

/** Null where there is no such manifest. */
async function entriesOf(path: string): Promise<readonly ManifestEntry[] | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile() || found.size > LARGEST_MANIFEST) return null;
  return parseManifest(await readFile(path, 'utf8'));
}

/** Regular files in a folder, relative to `bag`, with slashes. */
async function filesIn(bag: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(bag, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(bag, join(parentPath, name)).split(sep).join('/'));
}
