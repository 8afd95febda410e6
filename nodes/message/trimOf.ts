import { RemasterError } from '../../src/errors';
import type { Job } from '../../src/settings/restoreJob';
import { FILE_ROWS } from '../../src/settings/videoRows';
import { dialogValue } from './dialogValues';

/** The part of a video between two times; null = the whole video. */
export function trimOf(from: unknown, to: unknown): Job['trim'] {
  const { start: startRow, end: endRow } = FILE_ROWS.trim.rows;
  const start = dialogValue(startRow, from, 'Start time');
  const end = dialogValue(endRow, to, 'End time');
  if (end !== null && end <= start) {
    throw new RemasterError('BAD_SETTING', `End time (${end} s) is not after the start time (${start} s).`, {
      remedy: 'Correct the start and end time in the video in node.',
    });
  }
  return start === 0 && end === null ? null : { start, end };
}
