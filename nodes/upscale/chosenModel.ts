import type { Node, NodeAPI } from 'node-red';
import { engineFor } from '../../src/engine/client/engine';
import type { EngineRequests } from '../../src/engine/protocol';
import { printable } from '../../src/errors';
import type { ChosenModel } from '../../src/settings/chooseModel';
import { JOB_DEFAULTS, modelChoice, readingSettings } from '../../src/settings/restoreJob';
import { isLive, type LivePlan } from '../message/livePlan';
import type { DeployedModel } from '../message/nodeRegistry';
import type { Plan } from '../message/plan';
import { deployedInNode, inputOf } from '../message/resolvePlan';
import { clock } from '../message/status';
import { runtimeOf } from '../runtime';

type Wants = EngineRequests['choose']['args']['wants'];

/** Chooses the model for the source of a plan. The log says which, why, and how long the job takes. */
export async function chosenModel(
  RED: NodeAPI,
  node: Pick<Node, 'log'>,
  plan: Plan | LivePlan,
  { scale, steps, mask, maskColor }: Wants,
  deployed: DeployedModel,
): Promise<ChosenModel> {
  const wants = { scale, steps, mask, maskColor };
  const source = isLive(plan) ? ({ kind: 'camera' } as const) : await fileOf(RED, plan);
  const { model: name, reason } = await engineFor(deployed).ask('choose', { source, wants });
  const seconds = isLive(plan) ? null : await estimate(RED, plan, { ...deployed, model: name }, wants, deployed);
  const cost = seconds === null ? '' : `; about ${clock(seconds)}`;
  node.log(printable(`${plan.source.label}: auto: ${name}, because ${reason}${cost}`));
  return { model: name, reason };
}

async function fileOf(RED: NodeAPI, plan: Plan) {
  const input = await inputOf(RED, plan, deployedInNode(runtimeOf(RED).nodes, plan));
  return { kind: 'file', input, sequenceRate: plan.source.sequenceRate, ...readingSettings(plan.source) } as const;
}

/** Seconds of the job, by an earlier job or by one tile; null when unknown: the job reports what fails. */
async function estimate(
  RED: NodeAPI,
  { source }: Plan,
  chosen: DeployedModel,
  { steps }: Wants,
  deployed: DeployedModel,
): Promise<number | null> {
  const { throughput } = runtimeOf(RED);
  const { maxFps, info } = source;
  const work = { ...modelChoice(chosen), steps };
  const job = { ...JOB_DEFAULTS, ...work, ...readingSettings(source), maxFps, input: '', output: '' };
  const known = throughput.estimateSeconds(job, info);
  if (known !== null || info.duration === null || info.fps === null) return known;
  try {
    const { tile, ms } = await engineFor(deployed).ask('test', work);
    throughput.record(work, (tile[0] * tile[1]) / (ms / 1000));
    return throughput.estimateSeconds(job, info);
  } catch {
    return null;
  }
}
