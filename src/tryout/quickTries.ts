import { errorRecord } from '../errors';
import type { Engine } from '../engine/client/engine';
import type { ModelChoice } from '../settings/restoreJob';
import type { Try } from './tries';

/** Seconds that a try may take, unless it is wanted by name. */
const LONGEST = 300;

/** The tries, those that are left out because they take too long, and those that cannot be timed. */
export interface QuickTries {
  readonly tries: readonly Try[];
  readonly left: readonly { readonly name: string; readonly seconds: number }[];
  readonly untimed: readonly { readonly name: string; readonly reason: string }[];
}

/** Times each on one tile; of one that fails, the reason is returned. `pixels`: all those of the source that are to be restored. */
export async function quickTries(
  engine: Engine,
  all: readonly Try[],
  choice: Omit<ModelChoice, 'model'>,
  pixels: number,
  signal: AbortSignal | undefined,
): Promise<QuickTries> {
  const tries: Try[] = [];
  const left: QuickTries['left'][number][] = [];
  const untimed: QuickTries['untimed'][number][] = [];
  for (const one of all) {
    if (one.isWanted) {
      tries.push(one);
      continue;
    }
    const { provider, device, threads, loadLimit } = choice;
    const work = { provider, device, threads, loadLimit, model: one.model, steps: one.steps };
    try {
      const { ms, tile } = await engine.ask('test', work, signal);
      const seconds = ((pixels / (tile[0] * tile[1])) * ms) / 1000;
      if (seconds <= LONGEST) tries.push(one);
      else left.push({ name: one.name, seconds });
    } catch (error) {
      signal?.throwIfAborted();
      untimed.push({ name: one.name, reason: errorRecord(error).message }); // it is for comparison only
    }
  }
  return { tries, left, untimed };
}
