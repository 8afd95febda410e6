import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../compiler/compileCache';

/** `ModelInfo.smoothPsnr` of a bundle with its default settings, if it has ever been loaded here; null if not. */
export async function knownPsnr(sha256: string): Promise<number | null> {
  const text = await pathOf(sha256)
    .then((path) => readFile(path, 'utf8'))
    .catch(() => ''); // not known
  const [, decibels] = /^(-?\d+\.\d\d)\n$/.exec(text) ?? []; // with its last character: it is whole
  return decibels === undefined ? null : Number(decibels);
}

/** Keeps it in the cache, so that lists of models need not load them. */
export async function keepPsnr(sha256: string, decibels: number): Promise<void> {
  await pathOf(sha256).then((path) => writeFile(path, `${decibels.toFixed(2)}\n`, { mode: 0o600 }));
}

const pathOf = async (sha256: string): Promise<string> => join(await cacheFolder(), `${sha256}.psnr`);
