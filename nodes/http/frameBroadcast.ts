import type { LiveJpeg } from '../../src/settings/liveJob';
import { FrameRequests } from './frameRequests';
import { type Viewer, Viewers } from './viewers';

/**
 * Sends JPEGs to viewers. Requests one JPEG at a time, and only while a viewer is free: a slow viewer skips frames, and
 * without viewers no frame is encoded.
 */
export class FrameBroadcast {
  readonly #viewers = new Viewers();
  readonly #requests = new FrameRequests();
  #latest: LiveJpeg | null = null;
  #isRequested = false;

  /** `requestJpeg`: requests one JPEG whose index is above `newerThan`; it arrives by `show`. */
  constructor(private readonly requestJpeg: (newerThan: number) => void) {}

  add(viewer: Viewer): void {
    this.#viewers.add(viewer, this.#latest);
    this.#pull();
  }

  ready(viewer: Viewer): void {
    if (this.#viewers.ready(viewer, this.#latest)) this.#pull();
  }

  remove(viewer: Viewer): void {
    this.#viewers.remove(viewer);
  }

  /** The next JPEG; rejects after `timeoutMs`, after `close`, or if it cannot be requested. */
  next(timeoutMs: number): Promise<LiveJpeg> {
    return this.#requests.add(timeoutMs, () => this.#pull());
  }

  show(jpeg: LiveJpeg): void {
    this.#isRequested = false;
    this.#latest = jpeg;
    this.#requests.answer(jpeg);
    this.#viewers.show(jpeg);
    this.#pull();
  }

  close(): void {
    this.#requests.close();
    this.#viewers.end();
  }

  #pull(): void {
    const isWanted = !this.#requests.isEmpty || this.#viewers.isOneFree;
    if (this.#isRequested || !isWanted) return;
    this.#isRequested = true;
    this.requestJpeg(this.#latest?.index ?? -1);
  }
}
