import { Observable } from 'rxjs';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { type CameraEvents, type CameraFrame, watchCamera } from './camera';
import type { CameraSettings } from './cameraConnection';
import type { CameraFacts } from './cameraProbe';

/** A camera that is read while `frames$` has a subscriber; at most one. Disposed when its ffmpeg has exited. */
export interface CameraSource extends AsyncDisposable {
  readonly frames$: Observable<CameraFrame>;
}

/**
 * The frames of a camera over all connections, as they come: a hot source that never waits. Errors: those that
 * reconnecting cannot fix. `knownFacts`: from an earlier connection.
 */
export function openCamera(
  settings: CameraSettings,
  binary: FfmpegBinary,
  events: Omit<CameraEvents, 'onFrame'>,
  knownFacts: CameraFacts | null,
): CameraSource {
  const stop = new AbortController();
  let watching: Promise<unknown> = Promise.resolve();
  return {
    frames$: new Observable((subscriber) => {
      const onFrame = (frame: CameraFrame): void => subscriber.next(frame);
      watching = watchCamera(settings, binary, { ...events, onFrame }, stop.signal, knownFacts).catch(
        (error: unknown) => subscriber.error(error),
      );
      return () => stop.abort(new Error('the camera has no reader'));
    }),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the camera is closed'));
      await watching;
    },
  };
}
