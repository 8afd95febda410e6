import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';

/** Trials that are kept. The jobs of a batch have one or a few kinds of output. */
const MAX_TRIALS = 16;
/** Bytes of a larger trial are not kept. */
const MAX_BYTES = 2 ** 20;

/** The encoded black frames of earlier trials: a job with the same encoder, size and folder does not encode them again. */
export class TrialSegments {
  readonly #kept = new Map<string, Uint8Array>(); // least recently used first

  /** Writes the trial to `path`: a kept one, or what `encode` writes there. */
  async write(path: string, key: string, encode: () => Promise<void>): Promise<void> {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    if (kept) await writeFile(path, kept);
    else await encode();
    const bytes = kept ?? (await readFile(path));
    if (bytes.length <= MAX_BYTES) this.#kept.set(key, bytes);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_TRIALS) break;
      this.#kept.delete(oldest);
    }
  }
}

/** Everything that decides the bytes of a trial, and whether this ffmpeg may write there: one from snap may not everywhere. */
export const trialKey = (
  { path, version }: Pick<FfmpegBinary, 'path' | 'version'>,
  encoding: Encoding,
  count: number,
  output: string,
): string => JSON.stringify([path, version, encoding, count, dirname(output)]);
