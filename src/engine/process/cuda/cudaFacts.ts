import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CudaFacts } from './diagnoseCuda';
import { neededLibraries } from './neededLibraries';

const PROVIDER = 'libonnxruntime_providers_cuda.so';
const LIBRARIES = [PROVIDER, 'libonnxruntime_providers_shared.so'];
/** Where the loader of any Linux looks. */
const USUAL = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu'];

/** Collects what `diagnoseCuda` needs. `folder`: of onnxruntime's libraries. */
export async function cudaFacts(version: string, folder: string): Promise<CudaFacts> {
  const searched = [folder, ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean), ...USUAL];
  const found = await Promise.all(searched.map(namesIn));
  const known = await Promise.all(
    (await knownFolders()).map(async (place) => ({ place, names: await namesIn(place) })),
  );
  const needed = await neededLibraries(join(folder, PROVIDER)).catch(() => []); // missing
  return {
    version,
    folder,
    missing: LIBRARIES.filter((name) => !existsSync(join(folder, name))),
    needed,
    loadable: new Set([...found.flat(), ...(await loaderCache())]),
    elsewhere: new Map(known.flatMap(({ place, names }) => names.map((name) => [name, place] as const))),
    hasDevice: existsSync('/dev/nvidiactl') || existsSync('/dev/dxg'),
  };
}

/** Libraries in a folder; none where it does not exist. */
const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => /\.so(\.\d+)*$/.test(name));

/** Folders in which CUDA and cuDNN are installed: by NVIDIA's packages, and by pip for PyTorch. */
async function knownFolders(): Promise<readonly string[]> {
  const within = async (folder: string, pattern: RegExp, ...more: readonly string[]): Promise<string[]> =>
    (await readdir(folder).catch(() => []))
      .filter((name) => pattern.test(name))
      .map((name) => join(folder, name, ...more));
  const toolkits = await within('/usr/local', /^cuda/);
  const libraries = [...toolkits, '/opt/cuda'].flatMap((one) => [
    join(one, 'lib64'),
    join(one, 'targets/x86_64-linux/lib'),
  ]);
  const pythons = (await Promise.all(['/usr/lib', '/usr/local/lib'].map((one) => within(one, /^python3/)))).flat();
  const packages = pythons.flatMap((one) => [
    join(one, 'site-packages', 'nvidia'),
    join(one, 'dist-packages', 'nvidia'),
  ]);
  const wheels = (await Promise.all(packages.map((one) => within(one, /./, 'lib')))).flat();
  return [...libraries, ...wheels];
}

/** The names in the loader's cache. None where ldconfig is missing. */
const loaderCache = (): Promise<readonly string[]> =>
  new Promise((resolve) => {
    const path = `${process.env['PATH'] ?? ''}:/sbin:/usr/sbin`;
    const options = { timeout: 5000, maxBuffer: 1 << 24, env: { PATH: path, LC_ALL: 'C' } };
    execFile('ldconfig', ['-p'], options, (error, stdout) => {
      resolve(error ? [] : [...stdout.matchAll(/^\s+(\S+) \(/gm)].map(([, name]) => name!));
    });
  });
