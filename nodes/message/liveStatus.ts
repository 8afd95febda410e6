import type { NodeStatus } from 'node-red';
import type { CameraState, LiveProgress } from '../../src/settings/liveJob';
import { brief, clip, source } from './status';
import { cureOf } from './tooSlow';

/** Status of a video in node with a running camera. */
export function camera(state: CameraState): NodeStatus {
  switch (state.is) {
    case 'connecting':
      return { fill: 'yellow', shape: 'ring', text: 'connecting' };
    case 'joining':
      return { fill: 'yellow', shape: 'ring', text: 'waits for key frame' };
    case 'running':
      return source(state);
    case 'waiting': {
      if (state.code === 'AUTH_FAILED') return { fill: 'red', shape: 'ring', text: 'login refused' };
      // first attempt: the signal was just lost
      if (state.attempt === 1) return { fill: 'red', shape: 'ring', text: 'no signal' };
      return { fill: 'yellow', shape: 'ring', text: clip(`retry ${state.attempt} in ${brief(state.seconds)}s`) };
    }
  }
}

/** A measured frame rate this near to the announced one confirms it. */
const SAME_RATE = 0.1;

/** Seconds of frames before a measured rate contradicts the announced one: the first frames come in a burst. */
const MEASURED_FOR = 5;

/**
 * The frame rate to show, of one that the camera announces and one that is measured over `received` frames; null: not
 * known.
 */
export function shownRate(announced: number | null, measured: number | null, received: number): number | null {
  if (measured === null || (announced !== null && received < MEASURED_FOR * announced)) return announced;
  if (announced !== null && Math.abs(measured / announced - 1) < SAME_RATE) return announced;
  return measured < 10 ? Math.round(measured * 10) / 10 : Math.round(measured);
}

/** The status shows the share of dropped frames above this. */
const SHOWN_DROP_SHARE = 0.1;

/** Status of a video out node: its camera, or a summary of several. */
export function live(all: readonly LiveProgress[]): NodeStatus {
  const running = all.filter(({ camera: { is } }) => is === 'running');
  if (running.length === 0 && all.some(({ camera: { is } }) => is === 'joining')) return camera({ is: 'joining' });
  if (running.length === 0) return { fill: 'yellow', shape: 'ring', text: 'no signal' };
  const count = all.length === 1 ? '' : `${running.length}/${all.length} `;
  const fps = running.reduce((sum, one) => sum + (one.fps ?? 0), 0);
  const share = running.reduce((sum, one) => sum + one.dropShare, 0) / running.length;
  const cure = all.map(cureOf).find((one) => one !== null);
  if (cure) return { fill: 'yellow', shape: 'dot', text: clip(`${count}${brief(fps)}fps ${cure.short}`) };
  if (share > SHOWN_DROP_SHARE)
    return {
      fill: 'yellow',
      shape: 'dot',
      text: clip(`${count}${brief(fps)}fps dropping ${Math.round(share * 100)}%`),
    };
  const slowest = Math.max(...running.map(({ latency }) => latency?.p50 ?? 0));
  return { fill: 'green', shape: 'dot', text: clip(`live ${count}${brief(fps)}fps ${slowest}ms`) };
}

/** The target accepts no frames. */
export const retrying: NodeStatus = { fill: 'yellow', shape: 'ring', text: 'target fails, retry' };
