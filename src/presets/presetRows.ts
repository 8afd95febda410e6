import { pickRows, type Rows, type Values } from '../settings/row';
import { LIVE_ROWS } from '../settings/table';
import { RESTORE_ROWS } from '../settings/videoRows';

/**
 * The settings that a preset may have. None of them is a path, an address, a login, an encoder of ffmpeg, a part of this
 * machine or of one file: presets come from others.
 */
export const PRESET_ROWS = {
  ...pickRows(RESTORE_ROWS, ['model', 'scale', 'steps', 'strength', 'colorFix', 'noise', 'seed', 'order']),
  ...pickRows(RESTORE_ROWS, ['faces', 'minFace', 'temporalDenoise', 'tileCache']),
  ...pickRows(RESTORE_ROWS, ['deinterlace', 'fieldOrder', 'crop', 'aspect', 'maxFps', 'maxHeight', 'sequenceRate']),
  ...pickRows(RESTORE_ROWS, ['codec', 'quality', 'pixelFormat', 'audio', 'extras']),
  ...pickRows(LIVE_ROWS, ['overload', 'budgetMs', 'fallbackModel', 'skipFramesEvenly']),
} as const;

export type PresetSettings = Partial<Values<typeof PRESET_ROWS>>;

/** The row of a setting of a preset in a job; null: the job has no such setting, or another one of that name. */
export function rowIn(rows: Rows, name: string): Rows[string] | null {
  const row = Object.hasOwn(rows, name) ? rows[name]! : null;
  const same: readonly unknown[] = [(PRESET_ROWS as Rows)[name], (LIVE_ROWS as Rows)[name]];
  return same.includes(row) ? row : null; // the quality of images is another setting than that of videos
}
