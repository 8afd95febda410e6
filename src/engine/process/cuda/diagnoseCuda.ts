import { cudaFiles } from './cudaFiles';

/** What was found on this machine. */
export interface CudaFacts {
  /** Of onnxruntime-node. */
  readonly version: string;
  /** Where onnxruntime looks for its libraries. */
  readonly folder: string;
  /** Those of the CUDA provider that are not there. */
  readonly missing: readonly string[];
  /** What the CUDA provider needs. */
  readonly needed: readonly string[];
  /** File names that the system's loader finds. */
  readonly loadable: ReadonlySet<string>;
  /** Folders of known places where the loader does not look, by the file names in them. */
  readonly elsewhere: ReadonlyMap<string, string>;
  readonly hasDevice: boolean;
}

/** What keeps CUDA from working, and what to do. */
export interface Diagnosis {
  readonly found: string;
  readonly remedy: string;
}

/** onnxruntime loads it when it needs it: no library names it. */
const CUDNN = 'libcudnn.so.9';
const DRIVER = 'libcuda.so.1';

/** The first cause. Null: everything is there, so onnxruntime's own words count. */
export function diagnoseCuda(facts: CudaFacts): Diagnosis | null {
  const { hasDevice, missing, folder, version, needed, loadable, elsewhere } = facts;
  if (!hasDevice) return { found: 'there is no NVIDIA GPU here (no /dev/nvidiactl)', remedy: '' };
  if (missing.length > 0) {
    const files = missing.join(' and ');
    return { found: `the provider library is missing: ${files} in ${folder}`, remedy: cudaFiles(version, folder) };
  }
  const absent = [...needed, CUDNN].filter((name) => !loadable.has(name));
  if (absent.length === 0) return null;
  if (absent.includes(DRIVER))
    return {
      found: `the NVIDIA driver is missing: the loader does not find ${DRIVER}`,
      remedy: 'Install the driver; in a container, use the NVIDIA Container Toolkit (docker run --gpus all).',
    };
  const outside = absent.filter((name) => elsewhere.has(name));
  if (outside.length === absent.length) {
    const folders = [...new Set(outside.map((name) => elsewhere.get(name)!))].join(':');
    return {
      found: `the loader does not look where ${absent.join(', ')} are: ${folders}`,
      remedy: `Run: export LD_LIBRARY_PATH=${folders}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
    };
  }
  return {
    found: `${wanted(absent)}: the loader does not find ${absent.join(', ')}${others(facts, absent)}`,
    remedy: REMEDY,
  };
}

const REMEDY =
  'Install that version of CUDA and cuDNN from NVIDIA, then run `sudo ldconfig` (https://github.com/remaster-video/node-red-video/blob/main/docs/gpu.md).';

/** `CUDA 13 and cuDNN 9 are missing`. */
function wanted(absent: readonly string[]): string {
  const cudnn = absent.includes(CUDNN);
  const toolkit = absent.filter((name) => name !== CUDNN);
  const major = toolkit.map((name) => /^libcu(?:dart|blas|blasLt)\.so\.(\d+)$/.exec(name)?.[1]).find(Boolean);
  const cuda = toolkit.length > 0 ? `CUDA${major === undefined ? '' : ` ${major}`}` : null;
  const names = [cuda, cudnn ? 'cuDNN 9' : null].filter((name) => name !== null);
  return `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} missing`;
}

/** Other versions of the same libraries, which are of no use. */
function others({ loadable, elsewhere }: CudaFacts, absent: readonly string[]): string {
  const stems = absent.map((name) => name.replace(/\d+$/, ''));
  const found = [...loadable, ...elsewhere.keys()].filter(
    (name) => stems.some((stem) => name.startsWith(stem)) && !absent.includes(name),
  );
  const versions = [...new Set(found)].filter((name) => /\.so\.\d+$/.test(name)).toSorted();
  return versions.length === 0 ? '' : `; of no use: ${versions.join(', ')}`;
}
