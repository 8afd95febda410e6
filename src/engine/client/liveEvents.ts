import { RemasterError } from '../../errors';
import type { Mp4Part } from '../../pipeline/media/mp4Boxes';
import type { CameraState, LiveJpeg, LiveProgress } from '../../settings/liveJob';
import type { LiveEvent } from '../liveProtocol';

export interface LiveEvents {
  readonly onCamera?: (state: CameraState) => void;
  readonly onProgress?: (progress: LiveProgress) => void;
  readonly onJpeg?: (jpeg: LiveJpeg) => void;
  /** Null: the stream has ended, and the next fragment is an `init` segment. While 4 returned promises are pending, frames are dropped. */
  readonly onFragment?: (fragment: Mp4Part | null) => Promise<void> | void;
  /** Path of a finished recording. */
  readonly onFile?: (path: string) => void;
  /** The target or the engine failed and is restarted. */
  readonly onRecoverableError?: (error: RemasterError) => void;
}

/** Events that only tell the caller something. */
type ToldEvent = Extract<LiveEvent, { readonly what: 'camera' | 'progress' | 'jpeg' | 'file' | 'recoverableError' }>;

export function tell(events: LiveEvents, event: ToldEvent): void {
  switch (event.what) {
    case 'camera':
      return events.onCamera?.(event.state);
    case 'progress':
      return events.onProgress?.(event.progress);
    case 'jpeg':
      return events.onJpeg?.(event.jpeg);
    case 'file':
      return events.onFile?.(event.path);
    case 'recoverableError':
      return events.onRecoverableError?.(RemasterError.from(event.error));
  }
}
