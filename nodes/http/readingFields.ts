import { pickRows } from '../../src/settings/row';
import { INPUT_ROWS } from '../../src/settings/videoRows';
import { dialogValues } from '../message/dialogValues';
import { trimOf } from '../message/trimOf';

const ROWS = pickRows(INPUT_ROWS, [
  ...(['sequenceRate', 'maxFps', 'maxHeight', 'deinterlace', 'fieldOrder', 'crop', 'aspect'] as const),
]);
const LABELS = {
  ...{ sequenceRate: 'Frame rate of image folder', maxFps: 'Max. frame rate', maxHeight: 'Max. height' },
  ...{ deinterlace: 'Deinterlace', fieldOrder: 'Field order', crop: 'Crop', aspect: 'Aspect ratio' },
};

/** How a file is read, from the fields of an open dialog of video in. */
export const readingFields = (body: Readonly<Record<string, unknown>>) => ({
  ...dialogValues(ROWS, body, LABELS),
  trim: trimOf(body['trimStart'], body['trimEnd']),
});
