/** Groups items into batches. Calls `size` at the start of each batch; the last batch may be smaller. */
export async function* inBatches<T>(source: AsyncIterable<T>, size: () => number): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  let batchSize = 0;
  for await (const item of source) {
    if (batch.length === 0) batchSize = size();
    batch.push(item);
    if (batch.length === batchSize) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
