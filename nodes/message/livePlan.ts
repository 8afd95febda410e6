import type { LiveJob } from '../../src/settings/liveJob';
import { PLAN_VERSION, planOf, type Plan, type PlanStage, stagesOf } from './plan';
import { integerOrNull, numberOrNull, oneOf, record, text } from './planFields';

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
  } & Pick<LiveJob, 'deinterlace' | 'maxFps' | 'maxHeight' | 'hwaccel'>;
  readonly stages: readonly PlanStage[];
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
      deinterlace: oneOf(source['deinterlace'] ?? 'auto', ['auto', 'on', 'off'], 'source.deinterlace'),
      maxFps: numberOrNull(source['maxFps'], 'source.maxFps', 0.01, 1000),
      maxHeight: integerOrNull(source['maxHeight'], 'source.maxHeight', 16, 16_384),
      hwaccel: oneOf(source['hwaccel'] ?? 'off', ['off', 'auto'], 'source.hwaccel'),
    },
    stages: stagesOf(plan['stages']),
  };
}
