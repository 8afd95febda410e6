import { printable } from '../errors';
import type { BatchFile } from './batchFile';
import type { BatchTotals } from './totals';

/** How a batch ended, or how far it has come. */
export interface BatchReport {
  /** Absolute path of the output folder. */
  readonly out: string;
  /** ISO 8601. */
  readonly started: string;
  /** Null while it runs, and when it was killed. */
  readonly ended: string | null;
  readonly totals: BatchTotals;
  readonly files: readonly BatchFile[];
}

export const reportJson = ({ files, ...report }: BatchReport): string =>
  `${JSON.stringify({ version: 1, ...report, files: files.map(rowOf) }, null, 1)}\n`;

const COLUMNS = ['input', 'output', 'state', 'code', 'message', 'seconds', 'frames', 'warnings'] as const;

/** As RFC 4180 describes it, with names of the columns. */
export function reportCsv({ files }: Pick<BatchReport, 'files'>): string {
  const lines = files.map((file) => {
    const row = rowOf(file);
    return COLUMNS.map((name) => cell(row[name])).join(',');
  });
  return [COLUMNS.join(','), ...lines, ''].join('\r\n');
}

function rowOf({ input, output, state, error, seconds, frames, model, warnings }: BatchFile) {
  const [code, message] = error ? [error.code, `${error.message} ${error.remedy}`.trim()] : [null, null];
  return {
    input,
    output,
    state,
    code,
    message,
    seconds: seconds && Number(seconds.toFixed(3)),
    frames,
    model,
    warnings,
  };
}

function cell(value: string | number | readonly string[] | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = printable(typeof value === 'string' ? value : value.join(' | '));
  // Spreadsheets take these at the start for a formula, which a file name could bring along.
  const safe = /^[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}
