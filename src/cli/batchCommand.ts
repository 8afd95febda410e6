import type { BatchInput } from '../batch/findSources';
import { parseInput } from '../batch/parseInput';
import { presetOf } from '../batch/presetOf';
import { type BatchOptions, restoreBatch } from '../batch/restoreBatch';
import { createEngine } from '../engine/client/engine';
import { BATCH_ROWS } from '../settings/batchJob';
import { RESTORE_ROWS } from '../settings/videoRows';
import { batchProgress } from './batchProgress';
import { findPreset } from '../presets/preset';
import { onInterrupt } from './interrupt';
import { settingsOf } from './jobs';
import { json } from './json';
import { type OptionValues, usage, usageOf } from './options';
import { presetIn } from './presetsCommand';

/** Some files of a batch have failed. */
const SOME_FAILED = 7;

/** `remaster restore INPUT... --out FOLDER`. */
export async function batchCommand(
  inputs: readonly string[],
  values: OptionValues,
  closed: AbortSignal,
): Promise<number> {
  if (inputs.length === 0) throw usage(usageOf('restore'));
  const { preset: _, ...settings } = settingsOf(RESTORE_ROWS, values);
  const options = { ...settings, ...settingsOf(BATCH_ROWS, values) } as BatchOptions;
  const common = presetOf((await presetIn(values)).preset);
  const sources: BatchInput[] = [];
  for (const { path, preset } of inputs.map(parseInput))
    sources.push({ path, settings: preset === null ? common : presetOf(await findPreset(preset)) });
  const engine = createEngine();
  const signal = onInterrupt(engine, closed);
  const progress = batchProgress(process.stderr, values['json'] ? (value) => process.stdout.write(json(value)) : null);
  try {
    const { totals } = await restoreBatch(sources, options, { engine, signal, ...progress.events });
    progress.done(totals, options.out);
    return totals.failed > 0 ? SOME_FAILED : 0;
  } catch (error) {
    progress.end();
    if (!signal.aborted) throw error;
    if (!closed.aborted)
      process.stderr.write('Stopped. Finished files and segments were kept; the same command continues.\n');
    return 130;
  } finally {
    await engine.close();
  }
}
