import { READ_ROWS } from '../../src/settings/modelRows';
import type { Preset } from '../../src/presets/preset';
import type { Values } from '../../src/settings/row';
import { PLAN_VERSION, planOf, type Plan, type PlanStage, presetIn, stagesOf } from './plan';
import { record, text } from './planFields';
import { planValues } from './planValues';

/** The plan of a camera. It names the video in node; address and password stay in that node. */
export interface LivePlan {
  readonly version: typeof PLAN_VERSION;
  readonly id: string;
  readonly kind: 'live';
  readonly source: {
    /** Id of the video in node that created the plan. */
    readonly node: string;
    /** For display. */
    readonly label: string;
  } & Values<typeof READ_ROWS>;
  readonly stages: readonly PlanStage[];
  /** Laid under the settings of the nodes; absent without. */
  readonly preset?: Preset;
}

export const isLive = (plan: Plan | LivePlan): plan is LivePlan => plan.kind === 'live';

/** The plan of a message, for a file or a camera, validated field by field and copied. */
export function anyPlanOf(msg: Readonly<Record<string, unknown>>): Plan | LivePlan {
  const video = msg['video'] as { readonly kind?: unknown; readonly version?: unknown } | null | undefined;
  if (video?.kind !== 'live' || video.version !== PLAN_VERSION) return planOf(msg);
  const plan = record(video, 'msg.video');
  const source = record(plan['source'], 'source');
  return {
    version: PLAN_VERSION,
    id: text(plan['id'], 'id', 64),
    kind: 'live',
    source: {
      node: text(source['node'], 'source.node', 100),
      label: text(source['label'], 'source.label', 1024),
      ...planValues(READ_ROWS, source, 'source'),
    },
    stages: stagesOf(plan['stages']),
    ...presetIn(plan),
  };
}
