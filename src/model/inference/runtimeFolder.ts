import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of onnxruntime's own libraries for this system; null where there is none. */
export function runtimeFolder(): string | null {
  try {
    const builds = join(dirname(require.resolve('onnxruntime-node/package.json')), 'bin');
    const build = readdirSync(builds).find((name) => name.startsWith('napi-'));
    return build === undefined ? null : join(builds, build, process.platform, process.arch);
  } catch {
    return null; // it is an optional dependency
  }
}
