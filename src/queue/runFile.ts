import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILE } from '../pipeline/jobs/restore/shareFrames';

/** Whether the work folder is that of this run: its machine names it there as long as it wants its segments. */
export async function isWanted(folder: string, run: string): Promise<boolean> {
  try {
    const text = await readFile(join(folder, RUN_FILE), 'utf8');
    return (JSON.parse(text) as { readonly run?: unknown }).run === run;
  } catch {
    return false; // it is gone, or being written: then it is of a new run
  }
}
