import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Runs `use` with a small file system of its own at `folder`; returns false where that needs rights the tests lack. */
export async function withMount(folder: string, options: string, use: () => Promise<void>): Promise<boolean> {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return false;
  }
  try {
    await use();
  } finally {
    execFileSync('umount', [folder]);
  }
  return true;
}
