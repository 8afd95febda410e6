import { join } from 'node:path';
import { ELEMENT, type OnnxModel } from '../onnx/graph';
import { signature } from '../onnx/signature';
import { REMEDY, tensorDefect } from './checkGraphs';
import { type GraphRole, type Manifest } from './manifest';
import { invalid } from './parseManifest';

type Models = Readonly<Partial<Record<GraphRole, OnnxModel>>>;

/** Throws MODEL_INVALID unless the outputs of `prompt` and `condition` match the inputs of `denoise`. */
export function checkPromptShapes(folder: string, manifest: Manifest, models: Models): void {
  for (const source of ['prompt', 'condition'] as const) checkOutputs(folder, manifest, models, source);
}

function checkOutputs(folder: string, { graphs }: Manifest, models: Models, source: 'prompt' | 'condition'): void {
  const { denoise } = graphs;
  for (const [role, name] of Object.entries(graphs[source]?.outputs ?? {})) {
    const input = denoise.inputs[role];
    const target = models.denoise?.graph.input.find((value) => value.name === input);
    const output = models[source]?.graph.output.find((value) => value.name === name);
    if (!target || !output) continue;
    const wrong = tensorDefect(ELEMENT.float, signature(target).dims, signature(output).dims);
    if (wrong === null) continue;
    throw invalid(
      join(folder, denoise.file),
      `has an input “${input}” (${role}) ${wrong} like the output of ${source}`,
      REMEDY,
    );
  }
}
