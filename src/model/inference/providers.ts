import { existsSync } from 'node:fs';
import { RemasterError } from '../../errors';
import type { Runtime } from './runtime';

/** Execution providers, best first; cpu is always there. */
export const PROVIDERS = ['cuda', 'tensorrt', 'webgpu', 'coreml', 'dml', 'cpu'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Which systems a provider exists on at all; the others are not even tried, nor mentioned. */
const SYSTEMS: Readonly<Record<Provider, readonly NodeJS.Platform[] | null>> = {
  cuda: ['linux', 'win32'],
  tensorrt: ['linux', 'win32'],
  webgpu: null,
  coreml: ['darwin'],
  dml: ['win32'],
  cpu: null,
};

/** The providers to try for a setting, in order: all that this system may have for `auto`, otherwise the one named. */
export function candidates(setting: string): readonly Provider[] {
  if (setting === 'auto') return PROVIDERS.filter((one) => SYSTEMS[one]?.includes(process.platform) ?? true);
  const named = PROVIDERS.find((one) => one === setting);
  if (named) return [named];
  const message = `there is no provider “${setting}”`;
  throw new RemasterError('BAD_SETTING', message, { remedy: `Choose auto, ${PROVIDERS.join(', ')}.` });
}

/**
 * Why `auto` need not try a provider at all, or null. Vulkan on a Linux without a GPU finds software at best, takes its
 * time, and writes to stderr what cannot be silenced.
 */
export function nothingToTry(provider: Provider): string | null {
  if (provider !== 'webgpu' || process.platform !== 'linux') return null;
  const devices = existsSync('/dev/dri') || existsSync('/dev/dxg') || existsSync('/dev/nvidiactl');
  return devices ? null : 'there is no GPU: neither /dev/dri nor /dev/nvidiactl exists';
}

type SessionOptions = NonNullable<Parameters<Runtime['InferenceSession']['create']>[1]>;

/** `threads`: 0 = one per core. */
/** `weights`: where the files lie that a graph given as bytes names for its weights. */
export function sessionOptions(provider: Provider, device: number, threads: number, weights?: string): SessionOptions {
  return {
    executionProviders: [withDevice(provider, device)],
    ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
    // Idle threads must not spin: ffmpeg runs on the same cores. Measured 1.2 to 1.6 times faster with it.
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        ...(weights === undefined ? {} : { model_external_initializers_file_folder_path: weights }),
      },
    },
  };
}

function withDevice(provider: Provider, device: number): { name: string; deviceId?: number } {
  const several = provider === 'cuda' || provider === 'tensorrt' || provider === 'dml';
  return several ? { name: provider, deviceId: device } : { name: provider };
}

/** Why a provider does not work, in words for people; the native text where it is not a known one. */
export function rejectionReason(provider: Provider, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/backend not found|no available backend/i.test(text)) {
    return `onnxruntime-node has no ${provider} on ${process.platform} ${process.arch}`;
  }
  if (/failed to load shared library|libonnxruntime_providers_|onnxruntime_providers_\w+\.dll/i.test(text)) {
    return `onnxruntime's ${provider} library is not there or cannot be loaded (npm rebuild onnxruntime-node fetches it)`;
  }
  if (/no supported adapters|failed to get a webgpu adapter/i.test(text)) {
    return 'there is no GPU that WebGPU can use, or its driver is not installed';
  }
  if (/no cuda-capable device|cuda driver version is insufficient|cudaErrorNoDevice/i.test(text)) {
    return 'there is no NVIDIA GPU, or its driver is too old';
  }
  // Native messages carry source paths and stacks after the first line.
  return text.split('\n')[0]!.trim().slice(0, 300);
}

/** Texts of running out of memory: C++, CUDA, cuBLAS, DirectML, WebGPU, V8. */
export const isOutOfMemory = (error: unknown): boolean =>
  /bad_alloc|failed to allocate|out of memory|OUT_OF_MEMORY|ALLOC_FAILED|cudaErrorMemoryAllocation|8007000E|allocation failed/i.test(
    error instanceof Error ? error.message : String(error),
  );
