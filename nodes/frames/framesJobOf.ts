import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { type Engine, engineFor } from '../../src/engine/client/engine';
import { checkFramesJob, type FramesJob, type FrameSelection } from '../../src/settings/framesJob';
import { JOB_DEFAULTS } from '../../src/settings/restoreJob';
import { seconds as timeRow } from '../../src/settings/row';
import { dialogValue, dialogValues, labelsOf } from '../message/dialogValues';
import type { Plan } from '../message/plan';
import { deployedInNode, deployedNodes, inputSettings } from '../message/resolvePlan';
import { evaluate, typedField } from '../message/typedInput';
import { runtimeOf } from '../runtime';
import { ROWS } from './rows';

export interface FramesConfig extends NodeDef {
  readonly times: string;
  readonly timesType: string;
}

const LABELS = labelsOf(__dirname, 'remaster-frames');
const TIME = timeRow(null, { text: 'time of a frame' });

/** Throws BAD_SETTING. */
export const settingsOf = (config: FramesConfig) => dialogValues(ROWS, config, LABELS);

/** The frames of a plan that a video frames node selects. They are upscaled if the plan has a stage. */
export async function framesJobOf(
  RED: NodeAPI,
  node: Node,
  config: FramesConfig,
  plan: Plan,
  msg: NodeMessageInFlow,
): Promise<{ readonly job: FramesJob; readonly engine: Engine }> {
  const { nodes } = runtimeOf(RED);
  const resolved = plan.stages.length > 0 ? deployedNodes(nodes, plan) : null;
  const { width, format, quality } = settingsOf(config);
  const times = (): Promise<unknown> => evaluate(RED, node, typedField(config, 'times', '', 'str'), msg);
  const job = checkFramesJob({
    ...(await inputSettings(RED, plan, deployedInNode(nodes, plan), resolved)),
    preset: plan.preset?.name ?? null,
    isUpscaled: resolved !== null,
    pick: await selectionOf(config, times),
    ...{ width, format, quality },
  });
  return { job, engine: engineFor(resolved?.model ?? JOB_DEFAULTS) };
}

async function selectionOf(config: FramesConfig, times: () => Promise<unknown>): Promise<FrameSelection> {
  const { pick: by, every: n, fps } = settingsOf(config);
  switch (by) {
    case 'every':
      return { by, n };
    case 'rate':
      return { by, fps };
    case 'scenes':
      return { by };
    case 'times':
      return { by, seconds: secondsOf(await times()) };
  }
}

/** `1, 2.5, 00:01:30`, or an array of such values, in ascending order. Throws BAD_SETTING. */
export function secondsOf(value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[,;\s]+/) : [value];
  const seconds = list.filter((one) => one !== '').map((one) => dialogValue(TIME, one, 'A time'));
  return seconds.filter((one) => one !== null).toSorted((a, b) => a - b);
}
