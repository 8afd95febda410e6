import type { NodeAPI } from 'node-red';
import { RemasterError } from '../../src/errors';
import { JOB_DEFAULTS, type Reading } from '../../src/settings/restoreJob';
import { sources, stages, type LivingModel, type LivingSource, type LivingStage } from './nodeRegistry';
import { allowedSource, pathRules } from './pathPolicy';
import { show, type Plan, type PlanStage } from './plan';

/** A stage of a plan and the nodes it names. */
export interface LivingTreatment {
  readonly stage: PlanStage;
  readonly living: LivingStage;
  readonly model: LivingModel;
}

/** What a plan says of reading and restoring; a path that came with a message is checked. Without a stage: frames as they are. */
export async function readingOf(
  RED: NodeAPI,
  plan: Plan,
  source: LivingSource,
  treatment: LivingTreatment | null,
): Promise<Reading> {
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
    stabilize: stage.stabilize,
    scale: stage.scale,
    faces: stage.faces,
    minFace: stage.minFace,
    mask: isOurMask ? stage.mask : await allowedSource(stage.mask, 'message', rules),
    maskColor: stage.maskColor,
    maskTolerance: stage.maskTolerance,
    maskGrow: stage.maskGrow,
    memo: stage.memo,
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
export function livingSource(plan: { readonly source: { readonly node: string } }): LivingSource {
  const source = sources.get(plan.source.node);
  if (!source) throw gone('video in', plan.source.node);
  return source;
}

/** The nodes a plan names, if they are deployed here and still mean the same. */
export function livingNodes(plan: {
  readonly source: { readonly node: string };
  readonly stages: readonly PlanStage[];
}): { source: LivingSource; stage: PlanStage; living: LivingStage; model: LivingModel } {
  const source = livingSource(plan);
  const [stage, second] = plan.stages;
  if (!stage || second) {
    throw new RemasterError(
      'PLAN_INVALID',
      `The video passed ${plan.stages.length} video upscale nodes; a job has exactly one.`,
      { remedy: 'Wire one video upscale node between video in and video out.' },
    );
  }
  const living = stages.get(stage.node);
  if (!living) throw gone('video upscale', stage.node);
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

export const gone = (what: string, id: string): RemasterError =>
  new RemasterError('PLAN_STAGE_GONE', `The plan names a ${what} node (${show(id)}) that is not deployed here.`, {
    remedy: 'Send the file through the flow again; a plan from another Node-RED must pass nodes of this one.',
  });
