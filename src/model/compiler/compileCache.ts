import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Fused } from './fuse';

/** A compiled graph, without the weights, which stay in the files of the bundle. */
interface Entry {
  readonly ends: Omit<Fused, 'model'>;
  readonly graph: Uint8Array;
}

/** Bytes kept; what was not used for the longest time goes first. */
const MOST = 128 * 2 ** 20;

/**
 * What `make` gives for `key`, from disk when it was made before. An entry that is damaged is made again; where nothing
 * can be kept, everything is made every time, and nothing else changes.
 */
export async function cached(key: unknown, make: () => Promise<Entry>): Promise<Entry> {
  const name = `${createHash('sha256')
    .update(JSON.stringify([compiler(), key]))
    .digest('hex')}.graph`;
  const folder = await cacheFolder().catch(() => null);
  const kept = folder === null ? null : await read(join(folder, name)).catch(() => null);
  if (kept) return kept;
  const made = await make();
  if (folder !== null) await keep(folder, name, made).catch(() => {}); // full, or not ours to write: made again next time
  return made;
}

/** Where graphs are kept. Rejects when nothing can be: the folder cannot be made, or belongs to somebody else. */
export async function cacheFolder(): Promise<string> {
  const folder = join(cacheRoot(), 'graphs');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(folder);
  // A graph decides what is computed: one that somebody else can put there is not taken.
  if (process.getuid && uid !== process.getuid()) throw new Error(`${folder} belongs to another user`);
  return folder;
}

function cacheRoot(): string {
  const { REMASTER_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (REMASTER_CACHE) return REMASTER_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'remaster', 'cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'remaster');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'remaster');
}

/** Folders of `src/` whose code decides what a compiled graph is. */
const MAKERS = ['sampler', 'model/onnx', 'model/bundle', 'model/compiler', 'model/inference'];

let compilerHash: string | undefined;

/** Over this program's own compiler: another version of it must not find the graphs of this one. */
function compiler(): string {
  if (compilerHash !== undefined) return compilerHash;
  const hash = createHash('sha256');
  for (const folder of MAKERS) {
    const path = join(__dirname, '..', '..', folder);
    const files = readdirSync(path).filter((name) => name.endsWith('.js'));
    for (const file of files.toSorted()) hash.update(readFileSync(join(path, file)));
  }
  return (compilerHash = hash.digest('hex'));
}

/** sha256 (32 bytes) of all that follows; length of the JSON (4 bytes); the JSON; the graph. */
const HEAD = 36;

async function read(path: string): Promise<Entry | null> {
  const bytes = await readFile(path);
  const sum = createHash('sha256').update(bytes.subarray(32)).digest();
  if (bytes.length < HEAD || !sum.equals(bytes.subarray(0, 32))) return null;
  const end = HEAD + bytes.readUInt32LE(32);
  const now = new Date();
  await utimes(path, now, now).catch(() => {}); // only says when it was used
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- we wrote it, as the hash shows
  const ends = JSON.parse(bytes.toString('utf8', HEAD, end)) as Entry['ends'];
  return { ends, graph: bytes.subarray(end) };
}

async function keep(folder: string, name: string, { ends, graph }: Entry): Promise<void> {
  const json = Buffer.from(JSON.stringify(ends));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const body = Buffer.concat([length, json, graph]);
  const part = join(folder, `${name}.${randomBytes(6).toString('hex')}.part`);
  try {
    const file = await open(part, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.concat([createHash('sha256').update(body).digest(), body]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, join(folder, name)); // whole or not there, also when two write the same
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await makeRoom(folder);
}

/** Also removes what a process that was killed left half written. */
async function makeRoom(folder: string): Promise<void> {
  const names = await readdir(folder);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
      return { path, size, mtimeMs, isPart: name.endsWith('.part') };
    }),
  );
  let total = 0;
  for (const { path, size, mtimeMs, isPart } of found.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    total += size;
    const isForgotten = isPart && Date.now() - mtimeMs > 60_000;
    if (total > MOST || isForgotten) await rm(path, { force: true });
  }
}
