import { setTimeout as sleep } from 'node:timers/promises';
import { RemasterError } from '../../../errors';
import type { CameraState } from '../../../settings/liveJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { type CameraSettings, readCamera } from './cameraConnection';
import { type CameraFacts, type CameraInfo, cameraInfo, probeCamera } from './cameraProbe';
import { reconnectDelay } from './reconnectDelay';

/** One decoded frame: rgb24. */
export interface CameraFrame {
  readonly info: CameraInfo;
  /** Counts all received frames, over all connections. */
  readonly index: number;
  /** `performance.now()` when its last byte arrived. */
  readonly at: number;
  readonly data: Uint8Array;
}

export interface CameraEvents {
  readonly onState: (state: CameraState) => void;
  readonly onFacts: (facts: CameraFacts) => void;
  /** Must return at once: frames are read as fast as the camera sends them. */
  readonly onFrame: (frame: CameraFrame) => void;
}

/** Milliseconds after which a connection that has brought a frame counts as stable: the reconnect delay is reset. */
const STABLE = 5000;

/**
 * Reads frames from a camera and reconnects for as long as the signal allows. The exit of ffmpeg says nothing about a
 * camera, and ffmpeg does not exit when a camera freezes, so only frames count. Throws only the signal's reason, or an
 * error that reconnecting cannot fix (a wrong setting, no ffmpeg).
 */
export async function watchCamera(
  settings: CameraSettings,
  binary: FfmpegBinary,
  events: CameraEvents,
  signal: AbortSignal,
  /** From an earlier connection. If the camera has changed since, it is probed again. */
  knownFacts: CameraFacts | null = null,
): Promise<never> {
  const delay = reconnectDelay(settings.source);
  let facts = knownFacts;
  let info: CameraInfo | null = null;
  let failedProbes = 0;
  let index = 0;
  const onJoining = (): void => events.onState({ is: 'joining' });
  for (let attempt = 1; ; attempt++) {
    events.onState({ is: 'connecting' });
    const started = performance.now();
    let frames = 0;
    let failure: RemasterError;
    try {
      if (!facts) events.onFacts((facts = await probeCamera(settings, binary, failedProbes + 1, signal, onJoining)));
      failedProbes = 0;
      info ??= cameraInfo(facts, settings.maxHeight);
      const current: CameraInfo = info;
      const onFrame = (data: Uint8Array): void => {
        if (frames++ === 0) {
          const { width, height, fps } = current;
          events.onState({ is: 'running', width, height, fps });
        }
        events.onFrame({ info: current, index: index++, at: performance.now(), data });
      };
      const end = await readCamera(settings, binary, current, signal, onFrame, onJoining);
      if (!(end instanceof RemasterError)) {
        // The frame size has changed: reconnect at once.
        events.onFacts((facts = { ...facts, format: { ...facts.format, ...end } }));
        info = null;
        attempt = 0;
        continue;
      }
      failure = end;
    } catch (error) {
      signal.throwIfAborted();
      if (!isCameraError(error)) throw error;
      failure = error;
    }
    if (frames > 0 && performance.now() - started > STABLE) attempt = 1;
    // The camera responds, but its video does not match the known facts: another camera may use this address now.
    if (frames === 0 && failure.code !== 'SOURCE_NOT_FOUND') {
      if (!facts && failure.code !== 'NO_SIGNAL') failedProbes++; // a silent one needs no longer analysis
      facts = null;
      info = null;
    }
    const seconds = delay(attempt, failure.code);
    const code = failure.code as 'NO_SIGNAL';
    events.onState({ is: 'waiting', attempt, seconds, code, message: failure.message });
    await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

const isCameraError = (error: unknown): error is RemasterError =>
  error instanceof RemasterError &&
  ['NO_SIGNAL', 'AUTH_FAILED', 'SOURCE_NOT_FOUND', 'SOURCE_UNREADABLE'].includes(error.code);
