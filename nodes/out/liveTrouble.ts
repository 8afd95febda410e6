import type { RemasterError } from '../../src/errors';
import type { CameraState } from '../../src/settings/liveJob';
import { nodeError } from '../message/nodeError';

/** Which problems of a running camera were reported: each once, until frames flow again. */
export class LiveTrouble {
  readonly #reported = new Set<string>();
  #isCameraLost = false;
  #isTargetFailing = false;
  #written = 0;
  #isSlownessReported = false;

  /** Whether the target accepts no frames. */
  get isTargetFailing(): boolean {
    return this.#isTargetFailing;
  }

  /** Returns a warning, once per loss of the connection. */
  camera(state: CameraState): string | null {
    if (state.is === 'running') this.#isCameraLost = false;
    if (state.is !== 'waiting' || this.#isCameraLost) return null;
    this.#isCameraLost = true;
    return state.message;
  }

  /** The target or the engine failed and is restarted. Returns a warning, once per message. */
  recoverable(error: RemasterError): string | null {
    this.#isTargetFailing = true;
    if (this.#reported.has(error.message)) return null;
    this.#reported.add(error.message);
    return nodeError(error).message;
  }

  /** What to change when the machine is too slow; passed on once per job. */
  slow(warning: string | null): string | null {
    if (warning === null || this.#isSlownessReported) return null;
    this.#isSlownessReported = true;
    return warning;
  }

  /** `count`: frames that the target has accepted, since the engine started. More than before: it works again. */
  written(count: number): void {
    if (count > this.#written) {
      this.#isTargetFailing = false;
      this.#reported.clear();
    }
    this.#written = count;
  }
}
