import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { packageVersion } from '../../../../files/packageVersion';
import { type FileHash, hashFile } from '../../../../files/hashFile';
import { manifestText } from './manifest';

/** The file by which a folder is known as a bag. */
export const BAG_MARK = 'bagit.txt';

/** A file that goes into a bag. */
export interface Payload extends FileHash {
  readonly path: string;
  /** In the bag, with slashes. */
  readonly name: string;
}

/** Makes a BagIt folder (RFC 8493) of files, which are moved. `date`: ISO 8601. */
export async function makeBag(
  folder: string,
  payload: readonly Payload[],
  date: string,
  signal: AbortSignal,
): Promise<void> {
  const data = join(folder, 'data');
  await mkdir(data, { recursive: true });
  for (const { path, name } of payload) {
    await mkdir(dirname(join(data, name)), { recursive: true });
    await rename(path, join(data, name));
  }
  const bytes = payload.reduce((sum, one) => sum + one.bytes, 0);
  const info = [
    `Bag-Software-Agent: remaster ${packageVersion()}`,
    `Bagging-Date: ${date.slice(0, 10)}`,
    `Payload-Oxum: ${bytes}.${payload.length}`,
  ];
  const tags = {
    [BAG_MARK]: 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n',
    'bag-info.txt': `${info.join('\n')}\n`,
    'manifest-sha256.txt': manifestText(payload.map(({ sha256, name }) => ({ sha256, path: `data/${name}` }))),
  };
  for (const [name, text] of Object.entries(tags)) await writeFile(join(folder, name), text);
  const entries = [];
  for (const path of Object.keys(tags)) entries.push({ path, ...(await hashFile(join(folder, path), signal)) });
  await writeFile(join(folder, 'tagmanifest-sha256.txt'), manifestText(entries));
}
