import type { JobEvents } from '../../src/engine/client/engine';
import type { Progress } from '../../src/settings/restoreJob';

export type PendingState =
  | { readonly is: 'empty' }
  | { readonly is: 'paused'; readonly progress: Progress | null }
  | { readonly is: 'queued'; readonly position: number }
  | { readonly is: 'running'; readonly progress: Progress | null };

/** What the engine last said about a job. */
export class JobReport {
  progress: Progress | null = null;
  /** 0 = running, 1 = next, … */
  position = 0;

  /** `onChange` is called after `onProgress`, and for a new position. */
  constructor(
    private readonly onProgress: (progress: Progress) => void,
    private readonly onChange: () => void,
  ) {}

  /** Listeners for one run of the job. The progress of a run that is not current any more is ignored. */
  listen(isCurrent: () => boolean): JobEvents {
    return {
      onProgress: (progress) => {
        if (!isCurrent()) return;
        this.progress = progress;
        this.onProgress(progress);
        this.onChange();
      },
      onQueued: (position) => {
        this.position = position;
        this.onChange();
      },
    };
  }

  state(isPaused: boolean): PendingState {
    if (isPaused) return { is: 'paused', progress: this.progress };
    if (this.position === 0) return { is: 'running', progress: this.progress };
    return { is: 'queued', position: this.position };
  }
}
