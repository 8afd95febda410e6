import { RemasterError } from '../../src/errors';
import type { DeployedModel } from './nodeRegistry';

/** The settings of the model node that a node has chosen. Throws if it is missing, disabled or has an invalid setting. */
export function deployedModel(model: { choice(): DeployedModel } | null, node: string): DeployedModel {
  if (model) return model.choice();
  throw new RemasterError('MODEL_NOT_FOUND', 'The upscale model of this node is missing or disabled.', {
    remedy: `Open the ${node} node, choose a model, and deploy.`,
  });
}
