/** Crashes without progress in between after which a job that may resume fails. */
const ATTEMPTS = 3;

/** Counts the crashes of a job since it last had more finished frames than ever before. */
export class Attempts {
  #frames = 0;
  #crashes = 0;

  /** Returns true if the job has never had as many finished frames. */
  advanceTo(frames: number): boolean {
    const isProgress = frames > this.#frames;
    if (isProgress) [this.#frames, this.#crashes] = [frames, 0];
    return isProgress;
  }

  /** Returns true if there is no attempt left after this crash. */
  crash(): boolean {
    return ++this.#crashes >= ATTEMPTS;
  }
}
