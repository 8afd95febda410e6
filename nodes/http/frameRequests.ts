import type { LiveJpeg } from '../../src/settings/liveJob';

/** Requests for the next JPEG of a camera, each for one JPEG. */
export class FrameRequests {
  readonly #waiting = new Set<(answer: LiveJpeg | Error) => void>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Rejects after `timeoutMs`, after `close`, and with what `ask` throws, which is called once the request waits. */
  add(timeoutMs: number, ask: () => void): Promise<LiveJpeg> {
    return new Promise((resolve, reject) => {
      const end = (answer: LiveJpeg | Error): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const timer = setTimeout(() => end(noFrame()), timeoutMs);
      this.#waiting.add(end);
      try {
        ask();
      } catch (error) {
        end(error as Error);
      }
    });
  }

  answer(jpeg: LiveJpeg): void {
    for (const end of this.#waiting) end(jpeg);
  }

  /** No frame comes any more. */
  close(): void {
    for (const end of this.#waiting) end(noFrame());
  }
}

const noFrame = (): Error => new Error('no frame arrived');
