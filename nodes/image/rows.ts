import { OVERFLOW_POLICIES } from '../../src/async/boundedQueue';
import { choice, number, toggle, whole } from '../../src/settings/row';
import { IMAGE_ROWS } from '../../src/settings/table';

const { format, quality, scale, steps, maxPixels } = IMAGE_ROWS;

/** The fields of the dialog that are settings. */
export const ROWS = {
  ...{ format, quality, scale, steps },
  queue: whole(0, 10_000, 1, { text: 'images that wait', dialog: { icon: 'hourglass-half', section: 'queue' } }),
  full: choice(OVERFLOW_POLICIES, 'oldest', {
    text: 'what happens when the queue is full',
    dialog: { icon: 'filter', section: 'queue' },
  }),
  /** Milliseconds. */
  maxAge: number(1, 86_400_000, null, {
    text: 'longest wait',
    unset: 'no limit',
    dialog: { icon: 'clock-o', section: 'queue' },
  }),
  drops: toggle(false, {
    text: 'send dropped messages to a second output',
    dialog: { icon: 'code-fork', section: 'queue' },
  }),
  megapixels: maxPixels,
  keep: toggle(false, { text: 'keep the original', dialog: { icon: 'clone', section: 'message' } }),
  files: toggle(false, { text: 'a text is the path of a file', dialog: { icon: 'folder-open-o', section: 'message' } }),
} as const;
