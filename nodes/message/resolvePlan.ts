import type { NodeAPI } from 'node-red';
import { RemasterError } from '../../src/errors';
import { JOB_DEFAULTS, type InputSettings } from '../../src/settings/restoreJob';
import { sources, stages, type DeployedModel, type DeployedInNode, type DeployedUpscaleNode } from './nodeRegistry';
import { allowedSource, pathRules } from './pathPolicy';
import { show, type Plan, type PlanStage } from './plan';

/** A stage of a plan and the nodes it names. */
export interface ResolvedStage {
  readonly stage: PlanStage;
  readonly living: DeployedUpscaleNode;
  readonly model: DeployedModel;
}

/** What a plan says of reading and restoring; a path that came with a message is checked. Without a stage: frames as they are. */
export async function inputSettings(
  RED: NodeAPI,
  plan: Plan,
  source: DeployedInNode,
  treatment: ResolvedStage | null,
): Promise<InputSettings> {
  const rules = pathRules(RED.settings, 'remasterInAllowedFolders');
  const { path, trim, deinterlace, sequenceRate, maxFps, maxHeight, hwaccel } = plan.source;
  const input = source.names(path) ? path : await allowedSource(path, 'message', rules);
  const reading = { ...JOB_DEFAULTS, input, trim, deinterlace, sequenceRate, maxFps, maxHeight, hwaccel };
  if (!treatment) return reading;
  const { stage, living, model } = treatment;
  const isOurMask = stage.mask === null || living.namesMask(stage.mask);
  return {
    ...reading,
    model: model.model,
    provider: model.provider,
    device: model.device,
    threads: model.threads,
    colorFix: stage.colorFix,
    temporalDenoise: stage.temporalDenoise,
    scale: stage.scale,
    faces: stage.faces,
    minFace: stage.minFace,
    mask: isOurMask ? stage.mask : await allowedSource(stage.mask, 'message', rules),
    maskColor: stage.maskColor,
    maskTolerance: stage.maskTolerance,
    maskGrow: stage.maskGrow,
    tileCache: stage.tileCache,
    tile: stage.tile,
    overlap: model.overlap,
    batch: model.batch,
    steps: stage.steps,
    order: stage.order,
    strength: stage.strength,
    noise: stage.noise,
    seed: stage.seed,
  };
}

/** The video in node that made a plan. */
export function deployedSource(plan: { readonly source: { readonly node: string } }): DeployedInNode {
  const source = sources.get(plan.source.node);
  if (!source) throw notDeployed('video in', plan.source.node);
  return source;
}

/** The nodes a plan names, if they are deployed here and still mean the same. */
export function deployedNodes(plan: {
  readonly source: { readonly node: string };
  readonly stages: readonly PlanStage[];
}): { source: DeployedInNode; stage: PlanStage; living: DeployedUpscaleNode; model: DeployedModel } {
  const source = deployedSource(plan);
  const [stage, second] = plan.stages;
  if (!stage || second) {
    throw new RemasterError(
      'PLAN_INVALID',
      `The video passed ${plan.stages.length} video upscale nodes; a job has exactly one.`,
      { remedy: 'Wire one video upscale node between video in and video out.' },
    );
  }
  const living = stages.get(stage.node);
  if (!living) throw notDeployed('video upscale', stage.node);
  const model = living.model();
  if (model.model !== stage.model) {
    throw new RemasterError(
      'PLAN_STAGE_GONE',
      `The plan was made for model ${show(stage.model)}; its node now has ${show(model.model)}.`,
      { remedy: 'Send the file through the flow again.' },
    );
  }
  return { source, stage, living, model };
}

export const notDeployed = (what: string, id: string): RemasterError =>
  new RemasterError('PLAN_STAGE_GONE', `The plan names a ${what} node (${show(id)}) that is not deployed here.`, {
    remedy: 'Send the file through the flow again; a plan from another Node-RED must pass nodes of this one.',
  });
