import { READ_ROWS } from '../../src/settings/modelRows';
import type { Rows } from '../../src/settings/row';
import { dialogValues, labelsOf } from '../message/dialogValues';
import { ROWS } from './rows';

export const LABELS = labelsOf(__dirname, 'remaster-in');

const { maxFps, maxHeight, hwaccel, deinterlace, fieldOrder, crop, aspect } = ROWS;

/** How the frames of a camera are read, from the dialog. */
export const cameraSettings = (config: object) => settingsOf({ deinterlace: READ_ROWS.deinterlace }, config);

/** How the frames of a file are read, from the dialog. */
export const fileSettings = (config: object) => settingsOf({ deinterlace, fieldOrder, crop, aspect }, config);

function settingsOf<R extends Rows>(rows: R, config: object) {
  const { hwaccel: isOn, ...settings } = dialogValues({ maxFps, maxHeight, hwaccel }, config, LABELS);
  return { ...settings, ...dialogValues(rows, config, LABELS), hwaccel: isOn ? ('auto' as const) : ('off' as const) };
}
