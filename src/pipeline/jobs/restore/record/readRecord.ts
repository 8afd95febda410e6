import { readFile, stat } from 'node:fs/promises';
import { RemasterError } from '../../../../errors';
import { SAMPLE_EVERY } from './samplePixels';
import type { JobRecord } from './record';
import { recordDefect } from './recordSchema';

/** Bytes: that of `MOST_FRAMES` frames, below the longest string of Node.js. */
const LARGEST = 500_000_000;

/** Reads a record, which may come from anybody. Errors: RECORD_NOT_FOUND, RECORD_INVALID. */
export async function readRecord(path: string): Promise<JobRecord> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RemasterError('RECORD_NOT_FOUND', `${path} does not exist.`, {
      remedy: 'Put the record beside its result, or make the result again with --record.',
      cause,
    });
  });
  if (!found.isFile()) throw invalidRecord(path, 'it is not a file');
  if (found.size > LARGEST) throw invalidRecord(path, `it has ${found.size} bytes, more than any record`);
  const value = parsed(path, await readFile(path, 'utf8'));
  const defect = recordDefect(value) ?? mismatch(value as JobRecord);
  if (defect !== null) throw invalidRecord(path, defect);
  return value as JobRecord;
}

export const invalidRecord = (path: string, why: string, cause?: unknown): RemasterError =>
  new RemasterError('RECORD_INVALID', `${path} is not a record of this version of remaster: ${why}.`, {
    remedy: 'Take it from a backup; a record that was changed proves nothing.',
    cause,
  });

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidRecord(path, `it is not JSON (${(cause as Error).message})`, cause);
  }
}

/** What in a record contradicts itself; null: nothing. */
function mismatch({ result, restored, decoded, makers }: JobRecord): string | null {
  const { frames } = result;
  if (restored.sha256.length !== frames || decoded.sha256.length !== frames)
    return `it has ${frames} frames, ${restored.sha256.length} restored and ${decoded.sha256.length} decoded ones`;
  if (makers.reduce((sum, maker) => sum + maker.frames, 0) !== frames)
    return 'its makers made another number of frames';
  const expected = Array.from({ length: Math.ceil(frames / SAMPLE_EVERY) }, (_, i) => i * SAMPLE_EVERY);
  const isSampled =
    restored.samples.length === expected.length && restored.samples.every(([i], k) => i === expected[k]);
  return isSampled ? null : 'restored.samples has other frames';
}
