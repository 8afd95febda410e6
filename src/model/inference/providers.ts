import { existsSync } from 'node:fs';
import { RemasterError } from '../../errors';
import type { Runtime } from './runtime';

/** Execution providers, fastest first; cpu is always available. */
export const PROVIDERS = ['cuda', 'tensorrt', 'webgpu', 'coreml', 'dml', 'cpu'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Operating systems that have the provider; null = all. */
const SYSTEMS: Readonly<Record<Provider, readonly NodeJS.Platform[] | null>> = {
  cuda: ['linux', 'win32'],
  tensorrt: ['linux', 'win32'],
  webgpu: null,
  coreml: ['darwin'],
  dml: ['win32'],
  cpu: null,
};

/** The providers to try, in order: all of this operating system for `auto`, otherwise the named one. Throws BAD_SETTING. */
export function candidates(setting: string): readonly Provider[] {
  if (setting === 'auto') return PROVIDERS.filter((one) => SYSTEMS[one]?.includes(process.platform) ?? true);
  const named = PROVIDERS.find((one) => one === setting);
  if (named) return [named];
  const message = `there is no provider “${setting}”`;
  throw new RemasterError('BAD_SETTING', message, { remedy: `Choose auto, ${PROVIDERS.join(', ')}.` });
}

/**
 * Why `auto` skips a provider, or null. On Linux without a GPU, Vulkan finds a software renderer at best, slowly, and
 * writes to stderr.
 */
export function nothingToTry(provider: Provider): string | null {
  if (provider !== 'webgpu' || process.platform !== 'linux') return null;
  const devices = existsSync('/dev/dri') || existsSync('/dev/dxg') || existsSync('/dev/nvidiactl');
  return devices ? null : 'there is no GPU: neither /dev/dri nor /dev/nvidiactl exists';
}

type SessionOptions = NonNullable<Parameters<Runtime['InferenceSession']['create']>[1]>;

/** `threads`: 0 = one per core. `weights`: folder of the external weights of a graph given as bytes. */
export function sessionOptions(provider: Provider, device: number, threads: number, weights?: string): SessionOptions {
  return {
    executionProviders: [withDevice(provider, device)],
    ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
    // Idle threads must not spin, because ffmpeg runs on the same cores. Measured: 1.2 to 1.6 times faster.
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

/** Why a provider does not work: a plain sentence for known errors, otherwise onnxruntime's message. */
export function rejectionReason(provider: Provider, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/backend not found|no available backend/i.test(text)) {
    return `onnxruntime-node has no ${provider} on ${process.platform} ${process.arch}`;
  }
  if (/failed to load shared library|libonnxruntime_providers_|onnxruntime_providers_\w+\.dll/i.test(text)) {
    return `onnxruntime's ${provider} library is missing or cannot be loaded (npm rebuild onnxruntime-node fetches it)`;
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

/** Matches out-of-memory messages of C++, CUDA, cuBLAS, DirectML, WebGPU and V8. */
export const isOutOfMemory = (error: unknown): boolean =>
  /bad_alloc|failed to allocate|out of memory|OUT_OF_MEMORY|ALLOC_FAILED|cudaErrorMemoryAllocation|8007000E|allocation failed/i.test(
    error instanceof Error ? error.message : String(error),
  );
