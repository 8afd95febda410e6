import type { NodeAPI, NodeMessage } from 'node-red';
import { errorRecord } from '../../src/errors';
import type { Progress, Result } from '../../src/settings/restoreJob';
import type { Outcome } from '../jobs/resumableJob';
import type { Input } from '../message/input';
import { nodeError } from '../message/nodeError';
import type { Plan } from '../message/plan';
import { percent } from '../message/status';

/** The message of the second output of a video out node. */
export const progressMessage = (
  plan: Plan,
  { stage, frame, total, share, fps, eta, cacheStats, workers, warnings }: Progress,
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
    ...(workers !== undefined && { workers }),
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

/** Sends the result of a job to the first output, and ends its message. */
export function sendOutcome(
  RED: Pick<NodeAPI, 'util'>,
  plan: Plan,
  outcome: Outcome,
  { msg, send, done }: Input,
): void {
  const payload = resultPayload(plan, outcome);
  switch (outcome.status) {
    case 'done':
      send([Object.assign(msg, { filename: outcome.result.output, payload }), null]);
      return done();
    case 'stopped':
      send([Object.assign(msg, { payload }), null]);
      return done();
    case 'failed':
      send([failedMessage(RED, msg, payload), null]);
      return done(nodeError(outcome.error));
  }
}

/** A copy, because the Catch node gets the original message. Its file name, of the source, is not that of a result. */
function failedMessage(RED: Pick<NodeAPI, 'util'>, msg: Input['msg'], payload: Record<string, unknown>): Input['msg'] {
  const { filename: _, ...others } = RED.util.cloneMessage(msg);
  return { ...others, payload };
}

/** `msg.payload` of the first output of a video out node. */
function resultPayload(plan: Plan, outcome: Outcome): Record<string, unknown> {
  if (outcome.status === 'done') {
    const {
      framesIn,
      framesOut,
      elapsed,
      fps,
      bytes,
      resumedFrom,
      width,
      height,
      encoder,
      model,
      faces,
      cacheStats,
      warnings,
    } = outcome.result;
    const { preset, workers } = outcome.result;
    const dropped = framesIn - framesOut;
    const reason = plan.stages[0]?.reason;
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
      model: reason === undefined ? model : { ...model, reason },
      encoder,
      ...(workers !== undefined && { workers }),
      faces,
      cacheStats,
      ...(preset !== undefined && { preset }),
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
