import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Frame } from '../../../media/frame';
import { hashesOf } from '../../segment';
import { type FrameHasher, frameHasher } from './frameHasher';
import type { Maker } from './record';
import { SAMPLE_EVERY, samplePixels } from './samplePixels';

/** Hashes the frames of a job, segment by segment. They are kept beside the segments until the record is written. */
export interface FrameRecorder extends AsyncDisposable {
  /** The next call waits for the promise; `frame.data` may change once it settles. */
  add(frame: Pick<Frame, 'width' | 'height' | 'depth' | 'data'>): Promise<void>;
  /** Frames that are not made: an earlier run has them. */
  skip(frames: number): void;
  /** Writes a line for who made them and one for each frame since the last call. Returns the size of the file. */
  save(segment: string): Promise<number>;
}

/** `first`: index of the first frame. */
export function frameRecorder(maker: Maker, first: number, hasher: FrameHasher = frameHasher()): FrameRecorder {
  let lines: string[] = [];
  let next = first;
  return {
    async add(frame) {
      const sample = next++ % SAMPLE_EVERY === 0 ? ` ${samplePixels(frame).toString('base64')}` : '';
      lines.push((await hasher.hash(frame.data)) + sample);
    },
    skip: (frames) => void (next += frames),
    async save(segment) {
      const path = hashesOf(segment);
      await writeFile(path, [JSON.stringify(maker), ...lines, ''].join('\n'), { flush: true });
      lines = [];
      return (await stat(path)).size;
    },
    [Symbol.asyncDispose]: () => hasher[Symbol.asyncDispose](),
  };
}

/** A frame of a segment. */
export interface HashedFrame {
  readonly sha256: string;
  /** In base64. */
  readonly sample: string | null;
}

/** The frames of a segment, after who made them. */
export async function* readHashes(segment: string): AsyncGenerator<{ maker: Maker } | HashedFrame> {
  const input = createReadStream(hashesOf(segment));
  await once(input, 'open'); // a missing file is an error here, and not in the lines
  let isFirst = true;
  for await (const line of createInterface({ input })) {
    const [sha256, sample = null] = line.split(' ');
    yield isFirst ? { maker: JSON.parse(line) as Maker } : { sha256: sha256!, sample };
    isFirst = false;
  }
}
