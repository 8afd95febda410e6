import type { Bundle } from '../bundle/bundle';
import { FUSED_ROLES } from '../bundle/graphRoles';
import type { GraphRole } from '../bundle/manifest';
import type { OnnxModel } from '../onnx/graph';

/** The graphs of a bundle that are fused into one, by role. */
export const fusedGraphs = ({ graphs }: Pick<Bundle, 'graphs'>): readonly (readonly [GraphRole, OnnxModel])[] =>
  FUSED_ROLES.flatMap((role) => {
    const model = graphs[role];
    return model ? [[role, model] as const] : [];
  });
