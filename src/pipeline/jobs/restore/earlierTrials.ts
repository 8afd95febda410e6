import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Job } from '../../../settings/restoreJob';
import type { Tags } from '../../media/describe/mediaInfo';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';
import { fieldsOf } from '../../media/videoInfo';
import type { Lost } from '../../media/whatIsLost';

/** Trials that are kept. The jobs of a batch have one or a few kinds of output. */
const MAX_TRIALS = 16;
/** Bytes of a larger trial are not kept. */
const MAX_BYTES = 2 ** 20;

/** What earlier trials have shown. Jobs of the same kind do not try it again. */
export class EarlierTrials {
  readonly #segments = new Recent<Uint8Array>();
  readonly #losses = new Recent<readonly Lost[]>();

  /** Writes the encoded black frames to `path`: kept ones, or what `encode` writes there. */
  async write(path: string, key: string, encode: () => Promise<void>): Promise<void> {
    const kept = this.#segments.get(key);
    if (kept) return writeFile(path, kept);
    await encode();
    const bytes = await readFile(path);
    if (bytes.length <= MAX_BYTES) this.#segments.set(key, bytes);
  }

  /** What a video without other streams loses: as it was found before, or as `find` finds it. */
  async losses(key: string, find: () => Promise<readonly Lost[]>): Promise<readonly Lost[]> {
    const kept = this.#losses.get(key);
    if (kept) return kept;
    const found = await find();
    this.#losses.set(key, found);
    return found;
  }
}

/** The last `MAX_TRIALS` that were used. */
class Recent<Value> {
  readonly #values = new Map<string, Value>(); // least recently used first

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= MAX_TRIALS) break;
      this.#values.delete(oldest);
    }
  }
}

/** Everything that decides the bytes of a trial, and whether this ffmpeg may write there: one from snap may not everywhere. */
export const encodingKey = (
  { path, version }: Pick<FfmpegBinary, 'path' | 'version'>,
  encoding: Encoding,
  count: number,
  output: string,
): string => JSON.stringify([path, version, encoding, count, dirname(output)]);

/** That, and everything that decides what a video without other streams loses. */
export function lossesKey(encoding: string, { extras }: Pick<Job, 'extras'>, info: VideoInfo): string {
  const { source: _, reading, duration: _length, media, ...video } = info;
  const streams = media.streams.map((stream) => ({ ...stream, tags: undated(stream.tags) }));
  const described = { streams, chapters: media.chapters, tags: undated(media.tags) };
  const read = reading && { ...{ crop: reading.crop, isAspectGiven: reading.isAspectGiven }, fields: fieldsOf(info) };
  return createHash('sha256') // the tags may be large
    .update(JSON.stringify([encoding, extras, video, described, read]))
    .digest('hex');
}

/** Without the values that differ from file to file, and with which it can be stored all the same. */
const undated = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, DATES.test(name) ? '' : value]));

const DATES = /^(creation_time|duration|bps|number_of_\w+|_statistics_\w+)(-\w+)?$/;
