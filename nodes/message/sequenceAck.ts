/** Reports back to the sender of an image sequence when one of its images has been processed. */
export class SequenceAcks {
  readonly #senders = new Map<string, (index: number) => void>();

  /** Calls `listener` for each acknowledged image of the sequence. Returns an unsubscribe function. */
  listen(sequence: string, listener: (index: number) => void): () => void {
    this.#senders.set(sequence, listener);
    return () => void this.#senders.delete(sequence);
  }

  /** The image of this message was processed, successfully or not. Messages without `msg.parts` are ignored. */
  acknowledge(msg: Readonly<Record<string, unknown>>): void {
    const parts = msg['parts'] as { readonly id?: unknown; readonly index?: unknown } | null | undefined;
    if (typeof parts?.id === 'string' && typeof parts.index === 'number') this.#senders.get(parts.id)?.(parts.index);
  }
}
