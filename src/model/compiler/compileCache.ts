import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { lstat, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { whyForeign } from '../../files/foreignFolder';
import { makeFolder } from '../../files/makeFolder';
import { partEnding, sweepParts } from '../../files/partFile';
import type { Fused } from './fuse';

/** A compiled graph, without the weights, which stay in the files of the bundle. */
interface Entry {
  readonly ports: Omit<Fused, 'model'>;
  readonly graph: Uint8Array;
}

/** Maximum bytes on disk; the least recently used entries are deleted first. */
const MAX_BYTES = 128 * 2 ** 20;

/** Returns the entry for `key` from disk, or compiles and stores it. Without a writable folder it compiles every time. */
export async function cached(key: unknown, compile: () => Promise<Entry>): Promise<Entry> {
  const name = `${createHash('sha256')
    .update(JSON.stringify([compilerVersion(), key]))
    .digest('hex')}.graph`;
  const folder = await cacheFolder().catch(() => null);
  const found = folder === null ? null : await read(join(folder, name)).catch(() => null);
  if (found) return found;
  const entry = await compile();
  if (folder !== null) await write(folder, name, entry).catch(() => {}); // disk full or not writable: compiled again next time
  return entry;
}

/** The folder of cached graphs. Rejects when it cannot be created, or when another user could put graphs into it. */
export async function cacheFolder(): Promise<string> {
  const folder = join(cacheRoot(), 'graphs');
  await makeFolder(folder);
  const why = await whyForeign(folder);
  if (why !== null) throw new Error(`${folder} ${why}`);
  const { mode } = await lstat(folder);
  if (process.getuid && (mode & 0o022) !== 0) throw new Error(`other users may write to ${folder}`);
  return folder;
}

function cacheRoot(): string {
  const { REMASTER_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (REMASTER_CACHE) return REMASTER_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'remaster', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'remaster');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'remaster');
}

/** Folders of `src/` whose code determines the compiled graph. */
const COMPILER_FOLDERS = ['sampler', 'model/onnx', 'model/bundle', 'model/compiler', 'model/inference'];

let compilerHash: string | undefined;

/** Hash of the compiler's own code: another version of it must not use these graphs. */
function compilerVersion(): string {
  if (compilerHash !== undefined) return compilerHash;
  const hash = createHash('sha256');
  for (const folder of COMPILER_FOLDERS) {
    const path = join(__dirname, '..', '..', folder);
    const files = readdirSync(path).filter((name) => name.endsWith('.js'));
    for (const file of files.toSorted()) hash.update(readFileSync(join(path, file)));
  }
  return (compilerHash = hash.digest('hex'));
}

/** File format: sha256 of the rest (32 bytes), length of the JSON (4 bytes), the JSON, the graph. */
const HEADER_BYTES = 36;

async function read(path: string): Promise<Entry | null> {
  const bytes = await readFile(path);
  const sum = createHash('sha256').update(bytes.subarray(32)).digest();
  if (bytes.length < HEADER_BYTES || !sum.equals(bytes.subarray(0, 32))) return null;
  const end = HEADER_BYTES + bytes.readUInt32LE(32);
  const now = new Date();
  await utimes(path, now, now).catch(() => {}); // only for the eviction order
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written below, as the hash proves
  const ports = JSON.parse(bytes.toString('utf8', HEADER_BYTES, end)) as Entry['ports'];
  return { ports, graph: bytes.subarray(end) };
}

async function write(folder: string, name: string, { ports, graph }: Entry): Promise<void> {
  const json = Buffer.from(JSON.stringify(ports));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const body = Buffer.concat([length, json, graph]);
  const part = join(folder, name + (await partEnding()));
  try {
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.concat([createHash('sha256').update(body).digest(), body]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, join(folder, name)); // atomic, also when two processes write the same entry
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await evict(folder);
}

/** Deletes the least recently used entries, and unfinished files of killed processes. */
async function evict(folder: string): Promise<void> {
  await sweepParts(folder);
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.part'));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
      return { path, size, mtimeMs };
    }),
  );
  let total = 0;
  for (const { path, size } of found.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    total += size;
    if (total > MAX_BYTES) await rm(path, { force: true });
  }
}
