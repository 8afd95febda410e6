import type { LiveJpeg } from '../../src/settings/liveJob';

/** A consumer of a stream of JPEGs, e.g. a connection to a browser. */
export interface Viewer {
  /** False: the viewer is still busy with this JPEG; it calls `ready` later. */
  show(jpeg: LiveJpeg): boolean;
  end(): void;
  /** Makes room for another: ends without waiting until what was sent has arrived. */
  drop(): void;
}

interface ViewerState {
  isFree: boolean;
  shown: LiveJpeg | null;
}

/** Viewers of one camera. */
const MAX_VIEWERS = 64;

/** The viewers of one camera. A slow one skips JPEGs: it gets the newest once it is ready. */
export class Viewers {
  readonly #states = new Map<Viewer, ViewerState>();

  /** Whether a viewer waits for a JPEG. */
  get isOneFree(): boolean {
    return [...this.#states.values()].some(({ isFree }) => isFree);
  }

  /** One too many takes the place of the viewer that has waited longest: connections that read nothing lock no one out. */
  add(viewer: Viewer, latest: LiveJpeg | null): void {
    if (this.#states.size >= MAX_VIEWERS) this.#dropOne();
    const state: ViewerState = { isFree: true, shown: null };
    this.#states.set(viewer, state);
    if (latest) give(viewer, state, latest);
  }

  /** Returns false if the viewer was ready before, or is gone. */
  ready(viewer: Viewer, latest: LiveJpeg | null): boolean {
    const state = this.#states.get(viewer);
    if (!state || state.isFree) return false;
    state.isFree = true;
    if (latest && latest !== state.shown) give(viewer, state, latest);
    return true;
  }

  remove(viewer: Viewer): void {
    this.#states.delete(viewer);
  }

  /** Shows the JPEG to those that are ready. */
  show(jpeg: LiveJpeg): void {
    for (const [viewer, state] of this.#states) if (state.isFree) give(viewer, state, jpeg);
  }

  /** The one that is busy with the oldest JPEG; if all read, the one that came first. */
  #dropOne(): void {
    const all = [...this.#states];
    const busy = all.filter(([, { isFree }]) => !isFree);
    const slowestFirst = busy.toSorted(([, a], [, b]) => indexOf(a) - indexOf(b));
    const [viewer] = slowestFirst[0] ?? all[0]!;
    this.#states.delete(viewer);
    viewer.drop();
  }

  /** Ends and removes all. */
  end(): void {
    for (const viewer of this.#states.keys()) viewer.end();
    this.#states.clear();
  }
}

/** `state` is changed in place. */
function give(viewer: Viewer, state: ViewerState, jpeg: LiveJpeg): void {
  state.shown = jpeg;
  state.isFree = viewer.show(jpeg);
}

const indexOf = ({ shown }: ViewerState): number => shown?.index ?? -1;
