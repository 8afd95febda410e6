import { type PresetWish, withPreset } from '../presets/withPreset';
import type { FileSettings } from '../settings/batchJob';
import { RESTORE_ROWS } from '../settings/videoRows';

/** The settings of a preset: one of the package, by its name, or any. Throws BAD_SETTING. */
export const presetOf = (wish: PresetWish): FileSettings => withPreset(RESTORE_ROWS, { preset: wish }) as FileSettings;
