import { type PresetWish, withPreset } from '../presets/withPreset';
import type { FileSettings } from '../settings/batchJob';
import { RESTORE_ROWS } from '../settings/videoRows';

/** The settings of a preset, by its name if it is one of the package. Throws BAD_SETTING. */
export const presetOf = (preset: PresetWish): FileSettings => withPreset(RESTORE_ROWS, { preset }) as FileSettings;
