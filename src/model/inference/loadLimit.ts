import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RemasterError } from '../../errors';

/**
 * Seconds to load a small model, and for each gigabyte more. Compiling a graph of many steps takes up to 44 CPU seconds, whatever the
 * size of its files (docs/systems.md); a busy or slow machine needs several times as long for that.
 */
const [BASE, PER_GIGABYTE] = [300, 60];

/** Seconds in which the model in a folder must be loaded, unless the user sets them. Its subfolders count too. */
export function loadLimit(folder: string): number {
  const names = readdirSync(folder, { encoding: 'utf8', recursive: true });
  const sizeOf = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  const bytes = names.reduce((sum, name) => sum + sizeOf(name), 0);
  return BASE + (PER_GIGABYTE * bytes) / 1e9;
}

export const loadTimeout = (model: string, seconds: number): RemasterError =>
  new RemasterError('MODEL_LOAD_TIMEOUT', `The model ${model} was not loaded within ${Math.round(seconds)} s.`, {
    remedy: 'Check the disk, the memory and what else the machine runs, or set a longer load limit (--load-limit).',
  });
