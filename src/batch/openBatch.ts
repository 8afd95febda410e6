import { resolve } from 'node:path';
import type { Engine } from '../engine/client/engine';
import { type BatchJob, checkBatchJob } from '../settings/batchJob';
import { type AddOptions, Batch, type BatchEvents } from './batch';
import { openBatchFolder } from './batchFolder';
import { type BatchInput, findSources } from './findSources';
import { checkTemplate } from './outputNames';
import type { BatchReport } from './report';
import { ReportWriter } from './reportWriter';
import { watchInputs } from './watchInputs';

/** A batch with its locked folder. Disposing it releases the folder; nothing of it may run then. */
export interface OpenBatch extends AsyncDisposable {
  readonly batch: Batch;
  /** Finds the files of the inputs and adds them. */
  add(inputs: readonly BatchInput[], signal: AbortSignal, options?: FindOptions): Promise<void>;
  /** Adds new and changed files until `signal` is aborted. `inputs` is asked each time. */
  watch(inputs: () => readonly BatchInput[], signal: AbortSignal): Promise<void>;
  /** Writes both reports. Errors: OUTPUT_UNWRITABLE, DISK_FULL. */
  report(): Promise<BatchReport>;
}

export interface FindOptions extends AddOptions {
  /** The files of these paths come first, in this order. */
  readonly order?: readonly string[];
}

/** Checks the settings of a batch, before anything is made. Throws BAD_SETTING. */
export function checkBatch(options: object): BatchJob {
  const settings = checkBatchJob({ ...options });
  checkTemplate(settings.batch.name);
  return settings;
}

/** `queuePassword`: null = that of the environment. Errors: OUTPUT_BUSY, OUTPUT_EXISTS, OUTPUT_UNWRITABLE, DISK_FULL. */
export async function openBatch(
  settings: BatchJob,
  engine: Engine,
  events: BatchEvents,
  signal: AbortSignal,
  queuePassword: string | null = null,
): Promise<OpenBatch> {
  const out = resolve(settings.batch.out);
  const folder = await openBatchFolder(out, settings.file.overwrite === true, signal);
  const onFile: BatchEvents['onFile'] = (...about) => {
    reports.update();
    events.onFile?.(...about);
  };
  const batch: Batch = new Batch({ out, folder, engine, queuePassword, settings }, { ...events, onFile });
  const reports = new ReportWriter(out, folder, batch);
  return {
    batch,
    async add(inputs, stop, { order = [], ...options } = {}) {
      const { sources, unreadable } = await findSources(inputs, folder, settings.batch.watch);
      await batch.add({ sources: inOrder(sources, order), unreadable }, stop, options);
    },
    watch: (inputs, stop) =>
      watchInputs(
        inputs,
        folder,
        settings.batch.settle,
        () => batch.sources,
        (found) => batch.add(found, stop),
        stop,
      ),
    report: () => reports.end(),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

function inOrder<T extends { readonly path: string }>(sources: readonly T[], order: readonly string[]): readonly T[] {
  const places = new Map(order.map((path, place) => [path, place]));
  const placeOf = ({ path }: T): number => places.get(path) ?? order.length;
  return sources.toSorted((a, b) => placeOf(a) - placeOf(b));
}
