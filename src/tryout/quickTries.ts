import type { Engine } from '../engine/client/engine';
import type { ModelChoice } from '../settings/restoreJob';
import type { Try } from './tries';

/** Seconds that a try may take, unless it is wanted by name. */
const LONGEST = 300;

/** The tries, and those that are left out because they take too long. */
export interface QuickTries {
  readonly tries: readonly Try[];
  readonly left: readonly { readonly name: string; readonly seconds: number }[];
}

/** Times each on one tile; one that fails is left out. `pixels`: all those of the source that are to be restored. */
export async function quickTries(
  engine: Engine,
  all: readonly Try[],
  choice: Omit<ModelChoice, 'model'>,
  pixels: number,
  signal: AbortSignal | undefined,
): Promise<QuickTries> {
  const tries: Try[] = [];
  const left: { name: string; seconds: number }[] = [];
  for (const one of all) {
    if (one.isWanted) {
      tries.push(one);
      continue;
    }
    const { provider, device, threads, loadLimit } = choice;
    const work = { provider, device, threads, loadLimit, model: one.model, steps: one.steps };
    const timed = await engine.ask('test', work, signal).catch(() => null); // it is for comparison only
    signal?.throwIfAborted();
    if (timed === null) continue;
    const { ms, tile } = timed;
    const seconds = ((pixels / (tile[0] * tile[1])) * ms) / 1000;
    if (seconds <= LONGEST) tries.push(one);
    else left.push({ name: one.name, seconds });
  }
  return { tries, left };
}
