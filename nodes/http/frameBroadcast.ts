import type { LiveJpeg } from '../../src/settings/liveJob';

/** A consumer of a stream of JPEGs, e.g. a connection to a browser. */
export interface Viewer {
  /** False: the viewer is still busy with this JPEG; it calls `ready` later. */
  show(jpeg: LiveJpeg): boolean;
  end(): void;
}

interface ViewerState {
  readonly viewer: Viewer;
  isFree: boolean;
  shown: LiveJpeg | null;
}

/** Viewers of one camera. */
const MAX_VIEWERS = 64;

/**
 * Sends JPEGs to viewers. Requests one JPEG at a time, and only while a viewer is free: a slow viewer skips frames, and
 * without viewers no frame is encoded.
 */
export class FrameBroadcast {
  readonly #viewers = new Map<Viewer, ViewerState>();
  readonly #requests = new Set<(jpeg: LiveJpeg) => void>();
  #latest: LiveJpeg | null = null;
  #isRequested = false;

  /** `requestJpeg`: requests one JPEG whose index is above `newerThan`; it arrives by `show`. */
  constructor(private readonly requestJpeg: (newerThan: number) => void) {}

  get isFull(): boolean {
    return this.#viewers.size >= MAX_VIEWERS;
  }

  add(viewer: Viewer): void {
    const state: ViewerState = { viewer, isFree: true, shown: null };
    this.#viewers.set(viewer, state);
    if (this.#latest) this.#give(state, this.#latest);
    this.#pull();
  }

  ready(viewer: Viewer): void {
    const state = this.#viewers.get(viewer);
    if (!state || state.isFree) return;
    state.isFree = true;
    if (this.#latest && this.#latest !== state.shown) this.#give(state, this.#latest);
    this.#pull();
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  /** The next JPEG; rejects after `timeoutMs`. */
  next(timeoutMs: number): Promise<LiveJpeg> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#requests.delete(take);
        reject(new Error('no frame arrived'));
      }, timeoutMs);
      const take = (jpeg: LiveJpeg): void => {
        clearTimeout(timer);
        resolve(jpeg);
      };
      this.#requests.add(take);
      this.#pull();
    });
  }

  show(jpeg: LiveJpeg): void {
    this.#isRequested = false;
    this.#latest = jpeg;
    for (const take of this.#requests) take(jpeg);
    this.#requests.clear();
    for (const state of this.#viewers.values()) if (state.isFree) this.#give(state, jpeg);
    this.#pull();
  }

  close(): void {
    for (const { viewer } of this.#viewers.values()) viewer.end();
    this.#viewers.clear();
  }

  #give(state: ViewerState, jpeg: LiveJpeg): void {
    state.shown = jpeg;
    state.isFree = state.viewer.show(jpeg);
  }

  #pull(): void {
    const isWanted = this.#requests.size > 0 || [...this.#viewers.values()].some(({ isFree }) => isFree);
    if (this.#isRequested || !isWanted) return;
    this.#isRequested = true;
    this.requestJpeg(this.#latest?.index ?? -1);
  }
}
