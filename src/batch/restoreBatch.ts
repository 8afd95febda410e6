import { resolve } from 'node:path';
import { createEngine, type Engine } from '../engine/client/engine';
import { badSetting } from '../settings/checkRows';
import { type BatchSettings, checkBatchJob, type FileSettings } from '../settings/batchJob';
import { Batch, type BatchEvents } from './batch';
import { openBatchFolder } from './batchFolder';
import { type BatchInput, findSources } from './findSources';
import { checkTemplate } from './outputNames';
import type { BatchReport } from './report';
import { ReportWriter } from './reportWriter';
import type { BatchTotals } from './totals';
import { watchInputs } from './watchInputs';

/** Settings of `restoreBatch`: `out` is required. Those of a job apply to every file. */
export type BatchOptions = Pick<BatchSettings, 'out'> & Partial<BatchSettings> & FileSettings;

export interface BatchControl extends BatchEvents {
  /** Aborting stops the batch: the same call continues it. Rejects with its reason after the reports are written. */
  readonly signal?: AbortSignal;
  /** An engine to share; without one, the call starts its own and closes it. */
  readonly engine?: Engine;
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
  const settings = checkBatchJob({ ...options });
  const { name, settle, watch } = settings.batch;
  checkTemplate(name);
  const all = inputs.map((input) => (typeof input === 'string' ? { path: input } : input));
  if (all.length === 0) throw badSetting('inputs', 'at least one path', all);
  const { signal = new AbortController().signal, onChecked, onPlanned, onOpen, onFile, ...events } = control;
  signal.throwIfAborted();
  const out = resolve(settings.batch.out);
  const engine = control.engine ?? createEngine();
  try {
    await using folder = await openBatchFolder(out, settings.file.overwrite === true, signal);
    const batch: Batch = new Batch(
      { out, folder, engine, settings },
      {
        ...events,
        onFile: (...about) => {
          reports.update();
          onFile?.(...about);
        },
      },
    );
    const reports = new ReportWriter(out, folder, batch);
    onOpen?.(batch);
    const found = await findSources(all, folder);
    try {
      await batch.add(found, signal, onChecked);
      await batch.estimate(signal);
      onPlanned?.(batch.totals);
      const added = (more: typeof found): Promise<void> => batch.add(more, signal);
      await untilOneFails(signal, [
        (both) => batch.run(both, watch),
        async (both) => watch && watchInputs(all, folder, settle, found, added, both),
      ]);
    } catch (error) {
      await reports.end().catch(() => {}); // the error before it is the one to report
      throw signal.aborted ? signal.reason : error;
    }
    const report = await reports.end();
    signal.throwIfAborted();
    return report;
  } finally {
    if (!control.engine) await engine.close();
  }
}

/** Runs all until they end. The first that fails ends the others, and its error is thrown. */
async function untilOneFails(signal: AbortSignal, all: readonly ((signal: AbortSignal) => Promise<unknown>)[]) {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const run = (one: (typeof all)[number]): Promise<unknown> =>
    one(both).catch((error: unknown) => {
      failures.push(error);
      stop.abort();
    });
  await Promise.all(all.map(run));
  if (failures.length > 0) throw failures[0];
}
