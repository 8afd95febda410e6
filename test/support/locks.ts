import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LockHolder, newHolder, parseHolder } from '../../src/pipeline/jobs/lockHolder';
import { lockOutput, type LockTiming, type OutputLock } from '../../src/pipeline/jobs/outputLock';
import { scratchFolder } from './videos';

/** Less than a tenth of the real times. */
export const SHORT: LockTiming = { beatMs: 200, staleMs: 2000 };
/** If anything waits with this, the test fails by its time limit. */
export const LONG: LockTiming = { beatMs: 5000, staleMs: 3_600_000 };

/** Makes work folders, deleted after the tests of the file. */
export function lockFolders(): () => string {
  const scratch = scratchFolder();
  return () => mkdtempSync(join(scratch, 'work-'));
}

/** This process locks the folder. */
export const lockHere = (folder: string, timing = LONG, signal = new AbortController().signal): Promise<OutputLock> =>
  lockOutput(folder, '/videos/out.mkv', signal, timing);

const contentOf = (folder: string): string => readFileSync(join(folder, 'lock'), 'utf8');

export const holderOf = (folder: string): LockHolder => parseHolder(contentOf(folder))!;

/** Writes a lock with the fields of this process, except `changes`. */
export async function writeLock(folder: string, changes: Partial<LockHolder>): Promise<string> {
  const content = JSON.stringify({ ...(await newHolder()), ...changes });
  writeFileSync(join(folder, 'lock'), content);
  return content;
}

/** This process gets the lock; no other file is left, and none after the release. */
export async function assertTaken(folder: string, timing = LONG): Promise<void> {
  const lock = await lockHere(folder, timing);
  await lock.assertHeld();
  assert.equal(holderOf(folder).pid, process.pid);
  assert.deepEqual(readdirSync(folder), ['lock']);
  await lock.release();
  assert.deepEqual(readdirSync(folder), []);
}

/** This process does not get the lock, and leaves it unchanged. */
export async function assertBusy(folder: string, timing = LONG): Promise<void> {
  const content = contentOf(folder);
  await assert.rejects(lockHere(folder, timing), { code: 'OUTPUT_BUSY' });
  assert.deepEqual(readdirSync(folder), ['lock']);
  assert.equal(contentOf(folder), content);
}
