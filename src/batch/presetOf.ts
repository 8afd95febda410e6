import { withPreset } from '../presets/withPreset';
import type { FileSettings } from '../settings/batchJob';
import { RESTORE_ROWS } from '../settings/videoRows';

/** The settings of a preset of the package, by its name. Throws BAD_SETTING. */
export const presetOf = (name: string): FileSettings => withPreset(RESTORE_ROWS, { preset: name }) as FileSettings;
