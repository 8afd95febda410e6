/** Milliseconds between two statuses or progress messages: every open editor gets each of them. */
const PACE = 1000;

/** Passes values on at most once a second: the first at once, then the newest; what is final does not wait. */
export class Throttle<T> {
  #last = -Infinity;
  #next: { readonly timer: NodeJS.Timeout; value: T } | null = null;
  #isClosed = false;

  constructor(private readonly pass: (value: T) => void) {}

  push(value: T): void {
    if (this.#isClosed) return;
    const wait = this.#last + PACE - performance.now();
    if (this.#next) this.#next.value = value;
    else if (wait <= 0) this.#pass(value);
    else this.#next = { timer: setTimeout(() => this.final(this.#next!.value), wait), value };
  }

  /** Nothing follows soon: passes this instead of whatever waits. */
  final(value: T): void {
    if (this.#isClosed) return;
    this.#cancel();
    this.#pass(value);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #pass(value: T): void {
    this.#last = performance.now();
    this.pass(value);
  }

  #cancel(): void {
    if (this.#next) clearTimeout(this.#next.timer);
    this.#next = null;
  }
}

/** Passes on at most one value per `ms`, the newest; a change of `kind` passes at once, and a held value never comes after it. */
export function throttleByKind<T>(ms: number, pass: (value: T) => void): (value: T, kind: string) => void {
  let last = -Infinity;
  let lastKind: string | null = null;
  return (value, kind) => {
    const now = performance.now();
    if (kind === lastKind && now - last < ms) return;
    last = now;
    lastKind = kind;
    pass(value);
  };
}
