import { join } from 'node:path';
import { badSetting, checkRows } from './checkRows';
import { isImageCodec } from './imageOutput';
import { checkJob, type Job } from './restoreJob';
import { number, path, text, toggle, type Values } from './row';
import { BATCH } from './topics';

/** Restoring many files in one run, besides the settings of each. */
export const BATCH_ROWS = {
  /** The folder of the results. Folders below an input are made again below it. */
  out: path(null, {
    text: 'restore many files: write the results into this folder',
    unset: 'one INPUT, one OUTPUT',
    option: { topic: BATCH, value: 'FOLDER' },
    dialog: { icon: 'folder-open-o' },
  }),
  /** The file names of the results. */
  name: text(1, 255, '{name}', {
    text: 'file names of the results, from {name} {type} (of the source), {scale} {model} {codec} {ext}',
    option: { topic: BATCH, value: 'TEMPLATE' },
    dialog: { icon: 'file-o' },
  }),
  watch: toggle(false, {
    text: 'restore new and changed videos of the INPUT folders too, until Ctrl-C',
    option: { topic: BATCH },
    dialog: { icon: 'eye' },
  }),
  /** Seconds in which the size and the time of a watched file must not change before it is read. */
  settle: number(0.1, 86_400, 10, {
    text: '--watch: seconds in which a file must not change before it is restored',
    option: { topic: BATCH, value: 'SECONDS' },
    dialog: { icon: 'hourglass-half' },
  }),
} as const;

export type BatchSettings = Omit<Values<typeof BATCH_ROWS>, 'out'> & { readonly out: string };

/** Settings of a job without its paths; a batch has these for each file. */
export type FileSettings = Partial<Omit<Job, 'input' | 'output'>>;

/** A checked batch: its own settings, and those of each file. */
export interface BatchJob {
  readonly batch: BatchSettings;
  readonly file: FileSettings;
}

/** Checks the settings of a batch. Throws BAD_SETTING. */
export function checkBatchJob(given: Readonly<Record<string, unknown>>): BatchJob {
  const names = Object.keys(BATCH_ROWS);
  const [own, file] = [true, false].map((isOwn) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name) === isOwn)),
  ) as [Record<string, unknown>, FileSettings];
  const { out, ...batch } = checkRows(BATCH_ROWS, own);
  if (out === null) throw badSetting('out', 'the path of a folder', out);
  // Wrong settings are refused before there is a file.
  const { queue } = checkJob({ ...file, input: '/in.mp4', output: anyOutput(file, '/') });
  return { batch: { ...batch, out }, file: queue === null ? file : { concurrency: ON_QUEUE, ...file } };
}

/** A job of a batch, complete. Throws BAD_SETTING. */
export const jobOfFile = (file: FileSettings, input: string, output: string): Job =>
  checkJob({ ...file, input, output });

/** Workers have segments of the next file while the last ones of a file are made. */
const ON_QUEUE = 2;

/** A name in `folder` that fits the settings, where the name itself does not count. */
export const anyOutput = ({ codec }: FileSettings, folder: string): string =>
  join(folder, codec !== undefined && isImageCodec(codec) ? 'any' : 'any.mkv');
