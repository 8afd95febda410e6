import type { RemasterError } from '../../../../errors';
import { checkRows } from '../../../../settings/checkRows';
import type { Rows, Values } from '../../../../settings/row';
import { RESTORE_ROWS } from '../../../../settings/videoRows';
import { invalidRecord } from '../record/readRecord';
import type { JobRecord } from '../record/record';
import type { Located } from './locate';
import type { RemadeJob } from './remakeFrames';

/** Names of recorded settings that this version does not have. */
export const unknownSettings = ({ job }: JobRecord): readonly string[] =>
  Object.keys(job).filter((name) => !Object.hasOwn(RESTORE_ROWS, name));

/** The settings of a record, checked. Its paths and names count for nothing: those of this machine are given. */
export function recordedJob(
  { record, recordFile }: Located,
  paths: { readonly input: string; readonly mask: string | null; readonly model: string },
): RemadeJob {
  const { output: _, ...rows } = RESTORE_ROWS;
  const here = { provider: providerOf(record), device: 0, threads: 0, loadLimit: null, batch: null };
  const refuse = (name: string, allowed: string): RemasterError =>
    invalidRecord(recordFile, `its setting ${name} is not ${allowed}`);
  return checkRows(rows as Rows, { ...record.job, ...record.tiles, ...paths, ...here }, refuse) as Values<typeof rows>;
}

const providerOf = ({ makers }: JobRecord): 'cpu' | 'auto' =>
  makers.every(({ provider }) => provider === 'cpu') ? 'cpu' : 'auto';
