import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { Manifest } from '../bundle/manifest';
import type { Prompt, Shot, TileKey } from '../model';
import { sessionOptions } from './providers';
import type { Runtime } from './runtime';
import { toImage } from './tensorPixels';

/** The `prompt` graph of a bundle: computes an input for all tiles of a shot from its first frame. */
export interface PromptGraph {
  run(shot: Shot, depth: 8 | 16): Promise<Prompt>;
  release(): Promise<void>;
}

/**
 * Returns null when the bundle has no prompt graph. It always runs on the CPU: once per shot is cheap, the GPU's memory
 * stays free for tiles, and every machine computes the same prompt.
 */
export async function openPrompt(
  { InferenceSession: Session, Tensor }: Runtime,
  folder: string,
  { graphs: { prompt }, range: bundleRange }: Manifest,
  threads: number,
): Promise<PromptGraph | null> {
  if (!prompt) return null;
  const session = await Session.create(join(folder, prompt.file), sessionOptions('cpu', 0, threads));
  return {
    async run(shot, depth) {
      const { dims, data } = toImage(shot, 0, depth, prompt.range ?? bundleRange);
      const results = await session.run({ [prompt.inputs['lq']!]: new Tensor('float32', data, dims) });
      return Object.fromEntries(Object.entries(prompt.outputs).map(([role, name]) => [role, floatsOf(results, name)]));
    },
    release: () => session.release(),
  };
}

function floatsOf(results: InferenceSession.ReturnType, name: string): Prompt[string] {
  const { data, dims } = results[name]!;
  if (!(data instanceof Float32Array)) throw new Error(`${name} is not float32`);
  return { dims, data };
}

/** The prompt output `role` for the shot of `keys`. All keys belong to one shot, because `splitBatch` splits at shots. */
export function promptOf(keys: readonly TileKey[], role: string): Prompt[string] {
  const found = keys[0]!.prompt?.[role];
  if (!found) throw new Error(`tile without the prompt “${role}”`);
  return found;
}
