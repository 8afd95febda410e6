import { checkSettings } from './checkRows';
import { CHOICE_ROWS, QUALITY_ROWS, TILE_ROWS } from './modelRows';
import { checkReading, withoutEmptyTrim } from './restoreJob';
import { number, path, text, toggle, type Values } from './row';
import { INPUT, MODEL, OUTPUT } from './topics';
import { INPUT_ROWS } from './videoRows';

const PAGE_ROWS = {
  /** Null: the one that suits the source, and all others that are quick enough. */
  models: text(1, 4096, null, {
    text: 'models to compare, with their steps: x2,x4:1',
    unset: 'the one that suits the source, and all others that are quick enough',
    option: { topic: MODEL, value: 'LIST' },
  }),
  /** The folder that is made. */
  output: path(undefined, { text: 'a folder for the page' }),
  overwrite: toggle(false, { text: 'replace the page of an earlier comparison', option: { topic: OUTPUT } }),
} as const;

const { model: _model, steps: _steps, strength: _strength, ...READING } = INPUT_ROWS;

/** Trying models on parts of a video. */
export const TRY_ROWS = {
  ...READING,
  ...PAGE_ROWS,
  /** Length of each part. */
  seconds: number(0.1, 60, 2, { text: 'length of each of the three parts', option: { topic: INPUT, value: 'N' } }),
} as const;

const { model: __model, ...PLACE } = CHOICE_ROWS;

/** Trying models on an image. */
export const COMPARE_ROWS = {
  input: path(undefined, {
    text: 'compare the models on this image: a page in FOLDER',
    unset: 'none',
    option: { topic: INPUT, name: 'compare', value: 'IMAGE' },
  }),
  ...PLACE,
  scale: QUALITY_ROWS.scale,
  seed: QUALITY_ROWS.seed,
  ...TILE_ROWS,
  ...PAGE_ROWS,
} as const;

export type TryJob = Values<typeof TRY_ROWS>;
export type CompareJob = Values<typeof COMPARE_ROWS>;

/** Checks a job; its paths become absolute. Throws BAD_SETTING. */
export function checkTryJob(given: unknown): TryJob {
  const job = withoutEmptyTrim(checkSettings(TRY_ROWS, given));
  checkReading(job);
  return job;
}

/** Checks a job; its paths become absolute. Throws BAD_SETTING. */
export const checkCompareJob = (given: unknown): CompareJob => checkSettings(COMPARE_ROWS, given);
