import type { NodeDef } from 'node-red';
import { OVERFLOW_POLICIES } from '../../src/async/boundedQueue';
import { RemasterError } from '../../src/errors';
import { choice, number, whole } from '../../src/settings/row';
import { IMAGE_ROWS } from '../../src/settings/table';
import { dialogValue } from '../message/rowValue';

const QUEUE = whole(0, 10_000, 1, { text: 'images that wait' });
const FULL = choice(OVERFLOW_POLICIES, 'oldest', { text: 'what happens when the queue is full' });
const MAX_AGE = number(1, 86_400_000, null, { text: 'longest wait', unset: 'no limit', unit: 'ms' });

/** The settings of an image upscale node as the editor saves them. */
export interface ImageConfig extends NodeDef {
  readonly model: string;
  readonly property: string;
  readonly propertyType: string;
  /** Property of the message. */
  readonly output: string;
  readonly format: string;
  readonly quality: string | number;
  readonly steps: string;
  readonly stepsType: string;
  readonly scale: string;
  readonly scaleType: string;
  readonly queue: string | number;
  readonly full: string;
  readonly maxAge: string | number;
  readonly megapixels: string | number;
  readonly files: boolean;
  readonly keep: boolean;
  readonly drops: boolean;
}

export type Settings = ReturnType<typeof settingsOf>;

/** The settings of the editor, validated once. */
export const settingsOf = (config: ImageConfig) => ({
  format: dialogValue(IMAGE_ROWS.format, config.format, 'Format'),
  quality: dialogValue(IMAGE_ROWS.quality, config.quality, 'Quality'),
  queue: dialogValue(QUEUE, config.queue, 'Queue length'),
  full: dialogValue(FULL, config.full, 'When full'),
  /** Milliseconds; null = no limit. */
  maxAge: dialogValue(MAX_AGE, config.maxAge, 'Max. wait'),
  maxPixels: dialogValue(IMAGE_ROWS.maxPixels, config.megapixels, 'Max. megapixels'),
});

/** The error of a dropped message, if the node rejects messages. */
export const dropError = (why: 'full' | 'old', { queue, maxAge }: Settings): RemasterError =>
  new RemasterError(
    'IMAGE_DROPPED',
    why === 'full' ? `The queue is full: ${queue} images are waiting.` : `The image waited longer than ${maxAge} ms.`,
    { remedy: 'Send fewer or smaller images, or increase the queue length.' },
  );
