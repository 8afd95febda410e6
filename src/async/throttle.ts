/** Milliseconds between two status updates: Node-RED sends each to every open editor. */
const INTERVAL = 1000;

/** Passes on at most one value per interval: the first at once, then the latest. One of another kind does not wait. */
export class Throttle<T> {
  #last = -Infinity;
  #kind = '';
  #next: { readonly timer: NodeJS.Timeout; value: T } | null = null;
  #isClosed = false;

  constructor(
    private readonly pass: (value: T) => void,
    private readonly ms = INTERVAL,
  ) {}

  push(value: T, kind = ''): void {
    if (this.#isClosed) return;
    const wait = this.#last + this.ms - performance.now();
    if (kind !== this.#kind || wait <= 0) this.final(value);
    else if (this.#next) this.#next.value = value;
    else this.#next = { timer: setTimeout(() => this.flush(), wait), value };
    this.#kind = kind;
  }

  /** Passes the value on at once and discards a waiting one. */
  final(value: T): void {
    if (this.#isClosed) return;
    this.#cancel();
    this.#last = performance.now();
    this.pass(value);
  }

  /** Passes on a waiting value at once. */
  flush(): void {
    if (this.#next) this.final(this.#next.value);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #cancel(): void {
    if (this.#next) clearTimeout(this.#next.timer);
    this.#next = null;
  }
}
