import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { Manifest } from '../bundle/manifest';
import type { Prompt, Shot, TileKey } from '../model';
import { sessionOptions } from './providers';
import type { Runtime } from './runtime';
import { toImage } from './tensorPixels';

/** The graph `prompt` of a bundle: looks at the first frame of a shot, for all tiles of all frames of the shot. */
export interface PromptGraph {
  run(shot: Shot, depth: 8 | 16): Promise<Prompt>;
  release(): Promise<void>;
}

/**
 * Null when the bundle has none. It runs as its author wrote it, and on the CPU whatever the provider: once per shot it
 * costs little, a GPU keeps its memory for the tiles, and every machine finds the same words.
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

/** What the graph `prompt` gave under `role` for the shot of all `keys`. `runSplit` has taken batches of several shots apart. */
export function promptOf(keys: readonly TileKey[], role: string): Prompt[string] {
  const found = keys[0]!.prompt?.[role];
  if (!found) throw new Error(`a tile without the prompt “${role}”`);
  return found;
}
