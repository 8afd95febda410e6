import type { LiveJpeg } from '../../src/settings/liveJob';

/** Somebody who looks at a stream of JPEGs: a connection that takes one when it is through with the one before. */
export interface Viewer {
  /** False: it has not taken it yet, and will say `ready` when it has. */
  show(picture: LiveJpeg): boolean;
  end(): void;
}

interface Place {
  readonly viewer: Viewer;
  isFree: boolean;
  shown: LiveJpeg | null;
}

/** Viewers of one camera at most: more is a mistake, or not friendly. */
const MAX_VIEWERS = 64;

/**
 * Hands pictures to viewers. Pictures are asked for one at a time, and only while somebody looks: a viewer that is slow
 * misses some, and without viewers nothing is encoded at all.
 */
export class FrameBroadcast {
  readonly #places = new Map<Viewer, Place>();
  readonly #askers = new Set<(picture: LiveJpeg) => void>();
  #latest: LiveJpeg | null = null;
  #isAsked = false;

  /** `ask`: for one picture with a number above `after`, given to `show`. */
  constructor(private readonly ask: (after: number) => void) {}

  get viewers(): number {
    return this.#places.size;
  }

  get isFull(): boolean {
    return this.#places.size >= MAX_VIEWERS;
  }

  add(viewer: Viewer): void {
    const place: Place = { viewer, isFree: true, shown: null };
    this.#places.set(viewer, place);
    if (this.#latest) this.#give(place, this.#latest);
    this.#pull();
  }

  ready(viewer: Viewer): void {
    const place = this.#places.get(viewer);
    if (!place || place.isFree) return;
    place.isFree = true;
    if (this.#latest && this.#latest !== place.shown) this.#give(place, this.#latest);
    this.#pull();
  }

  remove(viewer: Viewer): void {
    this.#places.delete(viewer);
  }

  /** The next picture that comes; rejects when there is none in time. */
  next(limitMs: number): Promise<LiveJpeg> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#askers.delete(take);
        reject(new Error('no picture came'));
      }, limitMs);
      const take = (picture: LiveJpeg): void => {
        clearTimeout(timer);
        resolve(picture);
      };
      this.#askers.add(take);
      this.#pull();
    });
  }

  show(picture: LiveJpeg): void {
    this.#isAsked = false;
    this.#latest = picture;
    for (const take of this.#askers) take(picture);
    this.#askers.clear();
    for (const place of this.#places.values()) if (place.isFree) this.#give(place, picture);
    this.#pull();
  }

  close(): void {
    for (const { viewer } of this.#places.values()) viewer.end();
    this.#places.clear();
  }

  #give(place: Place, picture: LiveJpeg): void {
    place.shown = picture;
    place.isFree = place.viewer.show(picture);
  }

  #pull(): void {
    const isWanted = this.#askers.size > 0 || [...this.#places.values()].some(({ isFree }) => isFree);
    if (this.#isAsked || !isWanted) return;
    this.#isAsked = true;
    this.ask(this.#latest?.index ?? -1);
  }
}
