import { join } from 'node:path';
import { ELEMENT, type OnnxModel } from '../onnx/graph';
import { signature } from '../onnx/signature';
import { REMEDY, tensorDefect } from './checkGraphs';
import { type GraphRole, type Manifest } from './manifest';
import { invalid } from './parseManifest';

type Models = Readonly<Partial<Record<GraphRole, OnnxModel>>>;

/** Throws `MODEL_INVALID` unless what `prompt` and `condition` give is what `denoise` takes. */
export function checkPromptShapes(folder: string, manifest: Manifest, models: Models): void {
  for (const giver of ['prompt', 'condition'] as const) checkGiver(folder, manifest, models, giver);
}

function checkGiver(folder: string, { graphs }: Manifest, models: Models, giver: 'prompt' | 'condition'): void {
  const { denoise } = graphs;
  for (const [role, name] of Object.entries(graphs[giver]?.outputs ?? {})) {
    const input = denoise.inputs[role];
    const taken = models.denoise?.graph.input.find((value) => value.name === input);
    const given = models[giver]?.graph.output.find((value) => value.name === name);
    if (!taken || !given) continue;
    const wrong = tensorDefect(ELEMENT.float, signature(taken).dims, signature(given).dims);
    if (wrong === null) continue;
    throw invalid(
      join(folder, denoise.file),
      `takes a tensor “${input}” (${role}) ${wrong} as ${giver} gives it`,
      REMEDY,
    );
  }
}
