/** Who sends pictures and wants to hear when one has been dealt with, by the id of the sequence. */
const senders = new Map<string, (index: number) => void>();

/** Listens for what becomes of the pictures of a sequence. Answers with the way to stop listening. */
export function onAcknowledged(sequence: string, heard: (index: number) => void): () => void {
  senders.set(sequence, heard);
  return () => void senders.delete(sequence);
}

/** Says that the picture of this message has been dealt with, well or not; other messages mean nothing to anybody. */
export function acknowledge(msg: Readonly<Record<string, unknown>>): void {
  const parts = msg['parts'] as { readonly id?: unknown; readonly index?: unknown } | null | undefined;
  if (typeof parts?.id === 'string' && typeof parts.index === 'number') senders.get(parts.id)?.(parts.index);
}
