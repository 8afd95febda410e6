/**
 * Splits a byte stream into frames of `size` bytes. An incomplete last frame is dropped: ffmpeg writes one only when it
 * is killed.
 */
export async function* splitFrames(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let data = new Uint8Array(size);
  let filled = 0;
  for await (let chunk of chunks) {
    while (chunk.length > 0) {
      const part = chunk.subarray(0, size - filled);
      data.set(part, filled);
      filled += part.length;
      chunk = chunk.subarray(part.length);
      if (filled === size) {
        yield data;
        data = new Uint8Array(size);
        filled = 0;
      }
    }
  }
}

/** Like `splitFrames`, for 'data' events. An incomplete last frame is dropped. */
export function frameSplitter(size: number, onFrame: (data: Uint8Array) => void): (chunk: Buffer) => void {
  let data = new Uint8Array(size);
  let filled = 0;
  return (bytes) => {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + size - filled);
      data.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < size) continue;
      onFrame(data);
      data = new Uint8Array(size);
      filled = 0;
    }
  };
}
