import type { LiveJpeg } from '../../src/settings/liveJob';

/** Requests for the next JPEG of a camera, each for one JPEG. */
export class FrameRequests {
  readonly #waiting = new Set<(jpeg: LiveJpeg) => void>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Rejects after `timeoutMs`. */
  add(timeoutMs: number): Promise<LiveJpeg> {
    return new Promise((resolve, reject) => {
      const take = (jpeg: LiveJpeg): void => {
        clearTimeout(timer);
        resolve(jpeg);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(take);
        reject(new Error('no frame arrived'));
      }, timeoutMs);
      this.#waiting.add(take);
    });
  }

  answer(jpeg: LiveJpeg): void {
    for (const take of this.#waiting) take(jpeg);
    this.#waiting.clear();
  }
}
