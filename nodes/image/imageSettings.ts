import type { NodeDef } from 'node-red';
import { OVERFLOW_POLICIES } from '../../src/async/boundedQueue';
import { RemasterError } from '../../src/errors';
import { IMAGE_DEFAULTS, IMAGE_FORMATS } from '../../src/settings/imageJob';
import { integerIn, numberIn, optionIn } from '../message/typedInput';

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
  format: optionIn(config.format, IMAGE_FORMATS, 'Format'),
  quality: integerIn(config.quality, 'Quality', 1, 100) ?? IMAGE_DEFAULTS.quality,
  queue: integerIn(config.queue, 'Queue length', 0, 10_000) ?? 1,
  full: optionIn(config.full, OVERFLOW_POLICIES, 'When full'),
  /** Milliseconds; null = no limit. */
  maxAge: numberIn(config.maxAge, 'Max. wait', 1, 86_400_000),
  maxPixels: Math.round(
    (numberIn(config.megapixels, 'Max. megapixels', 0.001, 268) ?? IMAGE_DEFAULTS.maxPixels / 1e6) * 1e6,
  ),
});

/** The error of a dropped message, if the node rejects messages. */
export const dropError = (why: 'full' | 'old', { queue, maxAge }: Settings): RemasterError =>
  new RemasterError(
    'IMAGE_DROPPED',
    why === 'full' ? `The queue is full: ${queue} images are waiting.` : `The image waited longer than ${maxAge} ms.`,
    { remedy: 'Send fewer or smaller images, or increase the queue length.' },
  );
