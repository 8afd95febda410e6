import { toggle } from '../../src/settings/row';
import { STAGE_ROWS } from '../../src/settings/videoRows';

/** The fields of the dialog that are settings. */
export const ROWS = {
  ...STAGE_ROWS,
  preview: toggle(false, { text: 'show before and after', dialog: { icon: 'eye', section: 'image' } }),
} as const;
