import type { Node, NodeStatus } from 'node-red';

/** Milliseconds between two statuses: every open editor gets each of them. */
const PACE = 1000;

/** The words below a node, at most once a second; the last ones always come through. */
export class StatusLine {
  #shown = '';
  #last = -Infinity;
  #next: { readonly timer: NodeJS.Timeout; status: NodeStatus } | null = null;
  #isClosed = false;

  constructor(private readonly node: Pick<Node, 'status'>) {}

  /** `isFinal`: nothing follows soon, so it need not wait. */
  show(status: NodeStatus, isFinal = false): void {
    if (this.#isClosed) return;
    const wait = isFinal ? 0 : this.#last + PACE - performance.now();
    if (wait <= 0) {
      this.#cancel();
      this.#set(status);
    } else if (this.#next) {
      this.#next.status = status;
    } else {
      const timer = setTimeout(() => {
        const { status: latest } = this.#next!;
        this.#next = null;
        this.#set(latest);
      }, wait);
      this.#next = { timer, status };
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #set(status: NodeStatus): void {
    const shown = JSON.stringify(status);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#last = performance.now();
    this.node.status(status);
  }

  #cancel(): void {
    if (this.#next) clearTimeout(this.#next.timer);
    this.#next = null;
  }
}
