/** Ids of ended sequences that are kept, to ignore late images. */
const MAX_ENDED = 100;

/** Images without `msg.parts` belong to one video until `msg.complete`. */
const WITHOUT_SEQUENCE = '';

/** The video of each image sequence, by its id, while it accepts images. */
export class Sequences<T> {
  readonly #open = new Map<string, T>();
  readonly #ended: string[] = [];

  get(id: string): T | null {
    return this.#open.get(id) ?? null;
  }

  hasEnded(id: string): boolean {
    return this.#ended.includes(id);
  }

  open(id: string, made: T): void {
    this.#open.set(id, made);
  }

  /** Later images of this sequence are ignored; those without a sequence belong to the next video. */
  end(id: string): void {
    this.#open.delete(id);
    if (id === WITHOUT_SEQUENCE) return;
    this.#ended.push(id);
    if (this.#ended.length > MAX_ENDED) this.#ended.shift();
  }
}

/** The id of the sequence of a message. */
export function sequenceOf(msg: Readonly<Record<string, unknown>>): string {
  const { id } = (msg['parts'] ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : WITHOUT_SEQUENCE;
}
