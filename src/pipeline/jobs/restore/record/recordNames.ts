import { basename, dirname, join } from 'node:path';
import type { Job } from '../../../../settings/restoreJob';
import { derivedName } from '../../derivedName';

const beside = (result: string, after: string, extension: string): string =>
  join(dirname(result), derivedName(basename(result), { after, extension }));

/** The record of a result, beside it. */
export const recordPath = (result: string): string => beside(result, '.remaster', '.json');

/** The hashes of a result and its record, as `sha256sum -c` reads them, beside them. */
export const manifestPath = (result: string): string => beside(result, '.manifest-sha256', '.txt');

/** The BagIt folder of a result. */
export const bagPath = (result: string): string => beside(result, '', '.bag');

/** What a job publishes: its output, or that in its bag. */
export const resultPath = ({ output, bag }: Pick<Job, 'output' | 'bag'>): string =>
  bag ? join(bagPath(output), 'data', basename(output)) : output;
