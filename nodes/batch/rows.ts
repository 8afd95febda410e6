import { BATCH_ROWS } from '../../src/settings/batchJob';
import { READ_ROWS } from '../../src/settings/modelRows';
import { type Dialog, type Row, toggle } from '../../src/settings/row';
import { FILE_ROWS, RESTORE_ROWS, STAGE_ROWS } from '../../src/settings/videoRows';

const { watch, settle } = BATCH_ROWS;
const { maxFps, maxHeight } = READ_ROWS;
const { sequenceRate, deinterlace, fieldOrder, crop, aspect } = FILE_ROWS;
const { codec, encoder, hardware, quality, pixelFormat, startNumber, audio } = RESTORE_ROWS;
const { extras, record, bag, segment } = RESTORE_ROWS;

/** Sections of other dialogs that are one here, so that their tabs have room. */
const TOGETHER: Readonly<Record<string, string>> = { faces: 'advanced', reading: 'video', coding: 'video' };

/** No setting comes from a message: the queue outlives the messages. `section`: instead of its own. */
const fixed = <R extends Row>(row: R, section?: string): R => {
  const { typed: _typed, for: _for, section: own, ...dialog } = row.dialog as Dialog;
  const place = section ?? (own && (TOGETHER[own] ?? own));
  return { ...row, dialog: { ...dialog, ...(place && { section: place }) } };
};

const all = <R extends Readonly<Record<string, Row>>>(rows: R, section?: string): R =>
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, fixed(row, section)])) as R;

/** The settings of each file. */
export const FILE = {
  ...all(STAGE_ROWS),
  ...all({ deinterlace, fieldOrder, crop, aspect, maxFps, maxHeight, sequenceRate }, 'video'),
  ...all({ codec, encoder, hardware, quality, pixelFormat, startNumber, audio }),
  ...all({ extras, record, bag, segment }, 'job'),
  overwrite: toggle(false, {
    text: 'replace existing files',
    dialog: { icon: 'files-o', section: 'job' },
  }),
} as const;

/** The fields of the dialog that are settings. */
export const ROWS = { watch, settle, ...FILE } as const;
