import { dialogValues, labelsOf } from '../message/dialogValues';
import { ROWS } from './rows';

export const LABELS = labelsOf(__dirname, 'remaster-in');

const { deinterlace, maxFps, maxHeight, hwaccel } = ROWS;

/** How the frames of a file or a camera are read, from the dialog. */
export function readSettings(config: object) {
  const { hwaccel: isOn, ...settings } = dialogValues({ deinterlace, maxFps, maxHeight, hwaccel }, config, LABELS);
  return { ...settings, hwaccel: isOn ? ('auto' as const) : ('off' as const) };
}
