/** Milliseconds between two status updates: Node-RED sends each to every open editor. */
const INTERVAL = 1000;

/** Passes on at most one value per second: the first at once, then the latest. A final value does not wait. */
export class Throttle<T> {
  #last = -Infinity;
  #next: { readonly timer: NodeJS.Timeout; value: T } | null = null;
  #isClosed = false;

  constructor(private readonly pass: (value: T) => void) {}

  push(value: T): void {
    if (this.#isClosed) return;
    const wait = this.#last + INTERVAL - performance.now();
    if (this.#next) this.#next.value = value;
    else if (wait <= 0) this.#pass(value);
    else this.#next = { timer: setTimeout(() => this.final(this.#next!.value), wait), value };
  }

  /** Passes the value on at once and discards a waiting one. */
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

/** Passes on at most one value per `ms` and drops the others; a change of `kind` passes at once. */
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
