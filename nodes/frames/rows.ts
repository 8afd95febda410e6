import { SELECTIONS } from '../../src/settings/framesJob';
import { choice, number, whole } from '../../src/settings/row';
import { FRAMES_ROWS } from '../../src/settings/table';

const { width, format, quality } = FRAMES_ROWS;

/** The fields of the dialog that are settings. */
export const ROWS = {
  pick: choice(['every', 'rate', 'scenes', 'times'], 'every', {
    text: 'selection of frames',
    dialog: { icon: 'film' },
  }),
  every: SELECTIONS.every.n,
  fps: SELECTIONS.rate.fps,
  ...{ width, format, quality: { ...quality, dialog: { icon: 'sliders' } } },
  flow: choice(['rate', 'request', 'auto'], 'rate', { text: 'back-pressure', dialog: { icon: 'tachometer' } }),
  rate: number(0.000_1, 1000, 1, { text: 'messages per second', dialog: { icon: 'clock-o' } }),
  most: whole(1, 1000, 1, { text: 'frames that no later node has acknowledged', dialog: { icon: 'exchange' } }),
} as const;
