import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trial } from './trial';
import type { Try } from './tries';
import { newFolder } from './tryFolder';
import { writePage, writeTrial } from './writePage';

/** How a try goes on. */
export interface TryEvents {
  readonly signal?: AbortSignal;
  /** `done` of `of` parts are restored; `what` comes next. */
  readonly onProgress?: (done: number, of: number, what: string) => void;
  /** The command that restores the whole source like a try. */
  readonly commandOf: (one: Try) => string;
}

/** A finished try. */
export interface TryResult extends Trial {
  /** The page. */
  readonly page: string;
}

/** Makes the page of what `work` has written into a folder. Nothing is left when it fails or is stopped. */
export async function inNewFolder(
  { output, overwrite }: { readonly output: string; readonly overwrite: boolean },
  work: (folder: string) => Promise<Trial>,
): Promise<TryResult> {
  const folder = await newFolder(output, overwrite);
  try {
    const trial = await work(folder.path);
    await writePage(folder.path);
    await writeTrial(folder.path, trial);
    return { ...trial, page: join(await folder.publish(), 'index.html') };
  } catch (error) {
    await rm(folder.path, { recursive: true, force: true });
    throw error;
  }
}
