import type { NodeAPI } from 'node-red';
import { RemasterError } from '../../src/errors';
import { AUTO, canBeChosen } from '../../src/settings/chooseModel';
import { INPUT_DEFAULTS, type InputSettings } from '../../src/settings/restoreJob';
import { show } from '../../src/settings/showValue';
import type { DeployedModel, DeployedInNode, DeployedUpscaleNode, NodeRegistry } from './nodeRegistry';
import { allowedSource, pathRules } from './pathPolicy';
import { type Plan, type PlanStage } from './plan';

/** A stage of a plan and the deployed node it names. */
export interface ResolvedStage {
  readonly stage: PlanStage;
  readonly node: DeployedUpscaleNode;
  readonly model: DeployedModel;
}

/**
 * The job settings for reading and restoring. A path that came with a message is checked. `resolved` null: frames are
 * not upscaled.
 */
export async function inputSettings(
  RED: NodeAPI,
  plan: Plan,
  source: DeployedInNode,
  resolved: ResolvedStage | null,
): Promise<InputSettings> {
  const rules = pathRules(RED.settings, 'remasterInAllowedFolders');
  const { node: _in, label: _label, info: _info, path: _path, ...reading } = plan.source;
  const input = await inputOf(RED, plan, source);
  if (!resolved) return { ...INPUT_DEFAULTS, ...reading, input };
  const { stage, node, model } = resolved;
  const { idleSeconds: _idle, runsOn: _runsOn, ...choice } = model;
  const isConfiguredMask = stage.mask === null || node.namesMask(stage.mask);
  return {
    ...INPUT_DEFAULTS,
    ...reading,
    ...stageSettings(stage),
    ...choice,
    model: stage.model,
    tile: stage.tile,
    input,
    mask: isConfiguredMask ? stage.mask : await allowedSource(stage.mask, 'message', rules),
  };
}

/** The file of a plan; one that came with a message is checked. */
export const inputOf = async (
  RED: Pick<NodeAPI, 'settings'>,
  { source: { path } }: Plan,
  source: DeployedInNode,
): Promise<string> =>
  source.names(path) ? path : allowedSource(path, 'message', pathRules(RED.settings, 'remasterInAllowedFolders'));

/** The settings of a stage, without what names it. */
export function stageSettings(stage: PlanStage): Omit<PlanStage, 'node' | 'op' | 'reason'> {
  const { node: _node, op: _op, reason: _reason, ...settings } = stage;
  return settings;
}

/** The video in node that created a plan. */
export function deployedInNode(
  nodes: NodeRegistry,
  plan: { readonly source: { readonly node: string } },
): DeployedInNode {
  const source = nodes.inNode(plan.source.node);
  if (!source) throw notDeployed('video in', plan.source.node);
  return source;
}

/** The nodes a plan names; throws if one is not deployed here or uses another model now. */
export function deployedNodes(
  nodes: NodeRegistry,
  plan: { readonly source: { readonly node: string }; readonly stages: readonly PlanStage[] },
): ResolvedStage & { readonly source: DeployedInNode } {
  const source = deployedInNode(nodes, plan);
  const [stage, second] = plan.stages;
  if (!stage || second) {
    throw new RemasterError(
      'PLAN_INVALID',
      `The message passed through ${plan.stages.length} video upscale nodes; a job needs exactly one.`,
      { remedy: 'Wire one video upscale node between video in and video out.' },
    );
  }
  const node = nodes.upscaleNode(stage.node);
  if (!node) throw notDeployed('video upscale', stage.node);
  const model = node.model();
  const isItsModel = model.model === AUTO ? canBeChosen(stage.model) : model.model === stage.model;
  if (!isItsModel) {
    throw new RemasterError(
      'PLAN_STAGE_GONE',
      `The plan was created for model ${show(stage.model)}; its node now uses ${show(model.model)}.`,
      { remedy: 'Send the file through the flow again.' },
    );
  }
  return { source, stage, node, model };
}

const notDeployed = (what: string, id: string): RemasterError =>
  new RemasterError('PLAN_STAGE_GONE', `The plan names a ${what} node (${show(id)}) that is not deployed here.`, {
    remedy: 'Send the file through the flow again; a plan from another Node-RED must pass through nodes of this one.',
  });
