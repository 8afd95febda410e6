/** Groups items by what `size` says when a group begins; the last group may be smaller. */
export async function* inBatches<T>(source: AsyncIterable<T>, size: () => number): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  let wanted = 0;
  for await (const item of source) {
    if (group.length === 0) wanted = size();
    group.push(item);
    if (group.length === wanted) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
