import type { Node, NodeStatus } from 'node-red';
import type { LiveEvents } from '../../src/engine/client/liveClient';
import { printable, type RemasterError } from '../../src/errors';
import type { CameraState, LiveProgress } from '../../src/settings/liveJob';
import * as liveStatus from '../message/liveStatus';
import type { DeployedCamera } from '../message/nodeRegistry';
import * as status from '../message/status';
import { tooSlow } from '../message/tooSlow';
import type { UpscaleStatus } from '../message/upscaleStatus';
import type { Variables } from '../message/variables';
import type { LiveMessages } from './liveMessages';
import { LiveTrouble } from './liveTrouble';

/** Where the state of a camera is shown. */
export interface LiveDisplay {
  readonly node: Pick<Node, 'warn'>;
  /** Name of the camera. */
  readonly label: string;
  /** Shows this status; without one, the summary of all cameras. */
  readonly showStatus: (next?: NodeStatus) => void;
  readonly camera: Pick<DeployedCamera, 'show'>;
  readonly upscaleStatus: UpscaleStatus;
  /** Id of the video upscale node. */
  readonly stage: string;
  readonly messages: Pick<LiveMessages, 'progress'>;
  readonly variables: Pick<Variables, 'hide'>;
}

/** What the engine reports of a running camera, shown at its nodes and sent as messages. */
export class LiveReports {
  progress: LiveProgress | null = null;
  /** Reports that come later are ignored. */
  isOver = false;
  readonly #trouble = new LiveTrouble();

  constructor(private readonly display: LiveDisplay) {}

  get counts() {
    const { progress } = this;
    return { framesIn: progress?.in ?? 0, framesOut: progress?.out ?? 0, dropped: progress?.dropped ?? 0 };
  }

  /** For the engine. */
  get listeners(): LiveEvents {
    const whileRunning =
      <T>(show: (report: T) => void) =>
      (report: T): void => {
        if (!this.isOver) show(report);
      };
    return {
      onCamera: whileRunning((state) => this.#showCamera(this.#plain(state))),
      onProgress: whileRunning((progress) => this.#showProgress({ ...progress, camera: this.#plain(progress.camera) })),
      onRecoverableError: whileRunning((error) => this.#showError(error)),
    };
  }

  #showCamera(state: CameraState): void {
    this.display.camera.show(state);
    if (this.progress) this.progress = { ...this.progress, camera: state };
    this.#warn(this.#trouble.camera(state));
    if (this.progress || state.is !== 'connecting') this.display.showStatus();
  }

  #showProgress(progress: LiveProgress): void {
    this.#trouble.written(progress.target.written);
    this.progress = progress;
    const { camera, fps, fpsIn, out, cacheStats } = progress;
    const { label, upscaleStatus, stage, messages, showStatus } = this.display;
    if (camera.is === 'running')
      this.display.camera.show({ ...camera, fps: liveStatus.shownRate(camera.fps, fpsIn, progress.in) });
    const speed = { fps, eta: null, cacheStats } as const;
    upscaleStatus.show(stage, { stage: 'restoring', frame: out, total: null, share: null, ...speed });
    this.#warn(this.#trouble.slow(tooSlow(label, progress)));
    messages.progress(progress);
    if (this.#trouble.isTargetFailing) showStatus(liveStatus.retrying);
    else showStatus();
  }

  #showError(error: RemasterError): void {
    const warning = this.#trouble.recoverable(error);
    this.display.showStatus(error.code === 'ENGINE_CRASHED' ? status.starting : liveStatus.retrying);
    this.#warn(warning);
  }

  #warn(warning: string | null): void {
    if (warning !== null) this.display.node.warn(printable(this.display.variables.hide(warning)));
  }

  /** Without the values of environment variables: the state is in statuses, messages, the list of jobs and on the page. */
  #plain(state: CameraState): CameraState {
    return state.is === 'waiting' ? { ...state, message: this.display.variables.hide(state.message) } : state;
  }
}
