import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JobRecord } from './record';
import { readHashes } from './segmentHashes';

/** A record whose long lists are in files. */
export interface UnlistedRecord extends Omit<JobRecord, 'restored' | 'decoded'> {
  readonly restored: Omit<JobRecord['restored'], 'sha256' | 'samples'>;
  readonly decoded: Omit<JobRecord['decoded'], 'sha256'>;
}

interface Lists {
  /** Paths of the segments, with their hashes beside them. */
  readonly segments: readonly string[];
  /** Hashes of the decoded frames. */
  readonly decoded: AsyncIterable<string>;
}

/** Writes a record, a line for each frame, without having all of it in memory. */
export async function writeRecord(path: string, record: UnlistedRecord, lists: Lists): Promise<void> {
  await pipeline(Readable.from(inBlocks(textOf(record, lists))), createWriteStream(path, { flags: 'wx', flush: true }));
}

async function* textOf({ restored, decoded, ...rest }: UnlistedRecord, lists: Lists): AsyncGenerator<string> {
  yield `${JSON.stringify(rest, null, 1).slice(0, -2)},\n "restored": ${opened(restored)}, "sha256": [`;
  yield* listed(hashes(lists.segments));
  yield '], "samples": [';
  yield* listed(samples(lists.segments));
  yield `]},\n "decoded": ${opened(decoded)}, "sha256": [`;
  yield* listed(lists.decoded);
  yield ']}\n}\n';
}

/** Without its end. */
const opened = (value: object): string => JSON.stringify(value).slice(0, -1);

async function* listed(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  let before = '\n';
  for await (const value of values) {
    yield before + JSON.stringify(value);
    before = ',\n';
  }
}

async function* hashes(segments: readonly string[]): AsyncGenerator<string> {
  for (const segment of segments) for await (const one of readHashes(segment)) if ('sha256' in one) yield one.sha256;
}

async function* samples(segments: readonly string[]): AsyncGenerator<readonly [number, string]> {
  let frame = 0;
  for (const segment of segments)
    for await (const one of readHashes(segment)) {
      if (!('sha256' in one)) continue;
      if (one.sample !== null) yield [frame, one.sample];
      frame++;
    }
}

const BLOCK = 1 << 16;

async function* inBlocks(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let block = '';
  for await (const text of texts) {
    block += text;
    if (block.length < BLOCK) continue;
    yield block;
    block = '';
  }
  yield block;
}
