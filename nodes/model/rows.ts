import { toggle, whole } from '../../src/settings/row';
import { INPUT_ROWS } from '../../src/settings/videoRows';

const { provider, device, threads, loadLimit, tile, overlap, batch } = INPUT_ROWS;

/** The fields of the dialog that are settings. */
export const ROWS = {
  ...{ provider, device, threads, loadLimit, tile, overlap, batch },
  /** Seconds after the last job until the model is unloaded. */
  idle: whole(0, 86_400, 60, { text: 'unload after so many idle seconds', dialog: { icon: 'clock-o' } }),
  preload: toggle(false, { text: 'load the model when the flow starts', dialog: { icon: 'bolt' } }),
} as const;
