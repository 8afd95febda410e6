import { type FileHandle, open } from 'node:fs/promises';

/** Types of program headers and of entries of the dynamic section. */
const [LOAD, DYNAMIC] = [1, 2];
const [NEEDED, STRTAB, STRSZ] = [1n, 5n, 10n];

/** The libraries that a library for 64-bit Linux names as its own needs, in their order. Throws for another file. */
export async function neededLibraries(path: string): Promise<readonly string[]> {
  const file = await open(path, 'r');
  try {
    const header = await bytes(file, 0, 64);
    if (header.toString('latin1', 0, 4) !== '\x7fELF' || header[4] !== 2 || header[5] !== 1)
      throw new Error(`${path} is no library for 64-bit Linux`);
    const [at, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
    const table = await bytes(file, at, size * count);
    const parts = Array.from({ length: count }, (_, i) => programHeader(table.subarray(i * size)));
    const dynamic = parts.find(({ type }) => type === DYNAMIC);
    if (!dynamic) return [];
    const entries = await bytes(file, dynamic.offset, dynamic.size);
    const pairs = Array.from({ length: Math.floor(entries.length / 16) }, (_, i) => ({
      tag: entries.readBigInt64LE(16 * i),
      value: Number(entries.readBigUInt64LE(16 * i + 8)),
    }));
    const valueOf = (tag: bigint): number => pairs.find((pair) => pair.tag === tag)?.value ?? 0;
    const place = valueOf(STRTAB);
    const segment = parts.find(
      ({ type, address, size: length }) => type === LOAD && place >= address && place < address + length,
    );
    if (!segment) throw new Error(`${path} has no names`);
    const names = await bytes(file, place - segment.address + segment.offset, valueOf(STRSZ));
    return pairs.filter(({ tag }) => tag === NEEDED).map(({ value }) => text(names, value));
  } finally {
    await file.close();
  }
}

function programHeader(header: Buffer) {
  return {
    type: header.readUInt32LE(0),
    offset: Number(header.readBigUInt64LE(8)),
    address: Number(header.readBigUInt64LE(16)),
    size: Number(header.readBigUInt64LE(32)),
  };
}

const text = (names: Buffer, from: number): string => names.toString('latin1', from, names.indexOf(0, from));

/** Exactly so many bytes. */
async function bytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error('the file ends too early');
  return buffer;
}
