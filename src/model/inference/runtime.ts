import { readFileSync } from 'node:fs';
import { RemasterError } from '../../errors';

export type Runtime = typeof import('onnxruntime-node');

/** Installs onnxruntime-node. Its install script only downloads CUDA and fails without a network, hence --ignore-scripts. */
const INSTALL_RUNTIME = 'npm install onnxruntime-node@1 --ignore-scripts';

let loaded: Runtime | undefined;

/**
 * Loads onnxruntime-node on first use: the package is optional, 288 MB, and has no build for some systems. Its log is
 * off, because every missing provider writes to stderr.
 */
export function loadRuntime(): Runtime {
  if (loaded) return loaded;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of this package
    const runtime = require('onnxruntime-node') as Runtime;
    runtime.env.logLevel = 'fatal';
    loaded = runtime;
    return runtime;
  } catch (cause) {
    throw runtimeMissing(cause);
  }
}

/** Its version; null where it is not installed. It is not loaded for this. */
export function runtimeVersion(): string | null {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a package has a version
    return (JSON.parse(readFileSync(require.resolve('onnxruntime-node/package.json'), 'utf8')) as { version: string })
      .version;
  } catch {
    return null;
  }
}

/** Linux without glibc (Alpine): onnxruntime-node has no build for it. */
export function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    // process.report says it too, but resolves host names, which is slow.
    return readFileSync('/proc/self/maps', 'utf8').includes('/ld-musl-');
  } catch {
    return false; // no /proc; only the remedy depends on it
  }
}

function runtimeMissing(cause: unknown): RemasterError {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fields are optional
  const { code, message = String(cause) } = cause as { code?: string; message?: string };
  const system = `${process.platform} ${process.arch}`;
  const error = (what: string, remedy: string): RemasterError =>
    new RemasterError('RUNTIME_MISSING', what, { remedy, detail: message, cause });
  if (isMusl()) {
    const remedy = 'Use a system with glibc, for example the image node:22-slim instead of node:22-alpine.';
    return error('onnxruntime has no build for musl (Alpine Linux), on which this system is based', remedy);
  }
  if (code === 'MODULE_NOT_FOUND' && message.includes("'onnxruntime-node'")) {
    return error('onnxruntime-node is not installed', `Run: ${INSTALL_RUNTIME}`);
  }
  if (code === 'MODULE_NOT_FOUND' && message.includes('onnxruntime_binding.node')) {
    const remedy = 'There are builds for Linux and Windows (x64, arm64) and for macOS (arm64).';
    return error(`onnxruntime has no build for ${system}`, remedy);
  }
  return error(`onnxruntime cannot be loaded on this system (${system})`, `Install it again: ${INSTALL_RUNTIME}`);
}
