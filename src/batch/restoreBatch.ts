import { createEngine, type Engine } from '../engine/client/engine';
import { badSetting } from '../settings/checkRows';
import type { BatchSettings, FileSettings } from '../settings/batchJob';
import type { Batch, BatchEvents } from './batch';
import type { BatchInput } from './findSources';
import { checkBatch, openBatch } from './openBatch';
import type { BatchReport } from './report';
import type { BatchTotals } from './totals';
import { untilOneFails } from './untilOneFails';

/** Settings of `restoreBatch`: `out` is required. Those of a job apply to every file. */
export type BatchOptions = Pick<BatchSettings, 'out'> & Partial<BatchSettings> & FileSettings;

export interface BatchControl extends BatchEvents {
  /** Aborting stops the batch: the same call continues it. Rejects with its reason after the reports are written. */
  readonly signal?: AbortSignal;
  /** An engine to share; without one, the call starts its own and closes it. */
  readonly engine?: Engine;
  /** Password of the queue that the settings name; without one, that of REMASTER_QUEUE_PASSWORD. */
  readonly queuePassword?: string | null;
  /** Called while the files are compared with the results of earlier runs. */
  readonly onChecked?: (done: number, of: number) => void;
  /** Called once, before the first file: `totals.eta` is the estimate for all. */
  readonly onPlanned?: (totals: BatchTotals) => void;
  /** Called with the batch, which may be paused and changed while it runs. */
  readonly onOpen?: (batch: Batch) => void;
}

/**
 * Restores many files with one engine, each model loaded once. A file that fails is listed and the others go on; a file that an
 * earlier run has finished is skipped. Writes `report.csv` and `report.json`. Rejects only if the batch as a whole cannot
 * run: BAD_SETTING, OUTPUT_BUSY, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, DISK_FULL, and the errors of the model and of ffmpeg.
 */
export async function restoreBatch(
  inputs: readonly (string | BatchInput)[],
  options: BatchOptions,
  control: BatchControl = {},
): Promise<BatchReport> {
  const settings = checkBatch(options);
  const all = inputs.map((input) => (typeof input === 'string' ? { path: input } : input));
  if (all.length === 0) throw badSetting('inputs', 'at least one path', all);
  const { signal = new AbortController().signal, onChecked, onPlanned, onOpen, queuePassword, ...events } = control;
  signal.throwIfAborted();
  const { watch } = settings.batch;
  const engine = control.engine ?? createEngine();
  try {
    await using open = await openBatch(settings, engine, events, signal, queuePassword);
    onOpen?.(open.batch);
    try {
      await open.add(all, signal, { onChecked });
      await open.batch.estimate(signal);
      onPlanned?.(open.batch.totals);
      await untilOneFails(signal, [
        (both) => open.batch.run(both, watch),
        async (both) => watch && open.watch(() => all, both),
      ]);
    } catch (error) {
      await open.report().catch(() => {}); // the error before it is the one to report
      throw signal.aborted ? signal.reason : error;
    }
    const report = await open.report();
    signal.throwIfAborted();
    return report;
  } finally {
    if (!control.engine) await engine.close();
  }
}
