import type { Bundle } from '../bundle/bundle';
import { promptRoles } from '../bundle/manifest';
import { signature } from '../onnx/signature';
import { fusedGraphs } from './fusedGraphs';

/** The smallest fixed batch size of any graph; null when all are dynamic. Constants and prompts have no batch dimension. */
export function batchLimit(bundle: Bundle): number | null {
  const { manifest, constants } = bundle;
  const unbatched = new Set([...Object.keys(constants), ...promptRoles(manifest)]);
  const sizes = fusedGraphs(bundle).flatMap(([role, model]) => {
    const { inputs } = manifest.graphs[role]!;
    const batched = Object.entries(inputs).flatMap(([name, tensor]) => (unbatched.has(name) ? [] : [tensor]));
    const fed = model.graph.input.filter(({ name }) => batched.includes(name));
    return fed.flatMap((value) => signature(value).dims?.[0] ?? []);
  });
  return sizes.length === 0 ? null : Math.min(...sizes);
}
