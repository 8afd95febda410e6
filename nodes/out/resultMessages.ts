import type { NodeMessage } from 'node-red';
import { errorRecord } from '../../src/errors';
import type { Progress, Result } from '../../src/settings/restoreJob';
import type { Outcome } from '../jobs/pendingJobs';
import type { Plan } from '../message/plan';
import { percent } from '../message/status';

/** The message of the second output of a video out node. */
export const progressMessage = (
  plan: Plan,
  { stage, frame, total, share, fps, eta, cacheStats, warnings }: Progress,
): NodeMessage => ({
  topic: plan.source.label,
  payload: percent({ share, frame, total }),
  progress: {
    job: plan.id,
    stage,
    frame,
    total,
    fps,
    speed: speedOf(plan, fps),
    eta,
    dropped: 0,
    latency: null, // only for cameras
    cacheStats,
    ...(warnings !== undefined && { warnings }),
  },
});

/** The last progress of a finished job. */
export const finalProgress = ({ framesOut, fps, cacheStats }: Result): Progress => ({
  stage: 'finishing',
  frame: framesOut,
  total: framesOut,
  share: 1,
  fps,
  eta: 0,
  cacheStats,
});

/** `msg.payload` of the first output of a video out node. */
export function resultPayload(plan: Plan, outcome: Outcome): Record<string, unknown> {
  if (outcome.status === 'done') {
    const { framesIn, framesOut, elapsed, fps, bytes, resumedFrom, width, height, model, faces, cacheStats, warnings } =
      outcome.result;
    const dropped = framesIn - framesOut;
    const speed = speedOf(plan, fps);
    return {
      status: 'done',
      framesIn,
      framesOut,
      dropped,
      elapsed,
      fps,
      speed,
      bytes,
      resumedFrom,
      width,
      height,
      model,
      faces,
      cacheStats,
      warnings,
    };
  }
  const frames = outcome.progress?.frame ?? 0;
  const fps = outcome.progress?.fps ?? null;
  const reached = {
    framesIn: frames,
    framesOut: 0,
    dropped: 0,
    fps,
    speed: speedOf(plan, fps),
    bytes: 0,
    resumedFrom: 0,
  };
  return outcome.status === 'stopped'
    ? { status: 'stopped', ...reached }
    : { status: 'failed', ...reached, error: errorRecord(outcome.error) };
}

/** Seconds of video restored per second. */
const speedOf = ({ source }: Plan, fps: number | null): number | null =>
  fps === null || !source.info.fps ? null : fps / source.info.fps;
