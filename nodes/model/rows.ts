import { choice, toggle, whole } from '../../src/settings/row';
import { INPUT_ROWS, QUEUE_ROWS } from '../../src/settings/videoRows';

const { provider, device, threads, loadLimit, tile, overlap, batch } = INPUT_ROWS;

/** The fields of the dialog that are settings. */
export const ROWS = {
  /** Where the segments of videos are made. */
  runsOn: choice(['machine', 'queue'], 'machine', { text: 'where videos are restored', dialog: { icon: 'server' } }),
  queue: { ...QUEUE_ROWS.queue, dialog: { icon: 'cloud' } },
  mixed: { ...QUEUE_ROWS.mixed, dialog: { icon: 'random' } },
  ...{ provider, device, threads, loadLimit, tile, overlap, batch },
  /** Seconds after the last job until the model is unloaded. */
  idle: whole(0, 86_400, 60, { text: 'unload after so many idle seconds', dialog: { icon: 'clock-o' } }),
  preload: toggle(false, { text: 'load the model when the flow starts', dialog: { icon: 'bolt' } }),
} as const;
