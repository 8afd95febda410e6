import { RemasterError } from '../../../errors';
import type { ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';

/** How the mask of a job is defined. */
export type InpaintSettings =
  | { readonly from: 'file'; readonly path: string; readonly grow: number }
  | { readonly from: 'colour'; readonly colour: Rgb; readonly tolerance: number; readonly grow: number };

/** Red, green and blue, 0…1. */
export type Rgb = readonly [number, number, number];

/** Default tolerance of a mask colour, 0…1 of the full range in every channel. */
const DEFAULT_TOLERANCE = 0.1;
/** Default dilation for a mask colour: codecs blur its edges by about as much. */
const DEFAULT_COLOUR_GROW = 2;

type Settings = Pick<Job, 'mask' | 'maskColor' | 'maskTolerance' | 'maskGrow' | 'colorFix'>;

/**
 * The mask of the job; null when its model is not an inpainting model. Errors: BAD_SETTING for settings that do not
 * apply.
 */
export function inpaintSettings(
  { mask, maskColor, maskTolerance, maskGrow, colorFix }: Settings,
  { name, task }: Pick<ModelInfo, 'name' | 'task'>,
): InpaintSettings | null {
  if (task !== 'inpaint') {
    if (mask === null && maskColor === null && maskTolerance === null && maskGrow === null) return null;
    throw badSetting(
      `A mask applies only to inpainting models; ${name} is not one.`,
      'Omit the mask, or choose a model with the task “inpaint” (`remaster models` lists them).',
    );
  }
  if (mask === null && maskColor === null) {
    throw badSetting(
      `The inpainting model ${name} needs a mask or a mask colour.`,
      'Give a mask, white where pixels are to be replaced (--mask; in Node-RED “Mask”, or msg.mask for an image), or the colour of those pixels (--mask-color).',
    );
  }
  if (mask !== null && maskColor !== null) {
    throw badSetting('A mask and a mask colour cannot be combined.', 'Omit one of them.');
  }
  if (colorFix === 'adain') {
    throw badSetting(`The colour fix does not apply to the inpainting model ${name}.`, 'Omit the colour fix.');
  }
  if (mask !== null) {
    if (maskTolerance === null) return { from: 'file', path: mask, grow: maskGrow ?? 0 };
    throw badSetting('Mask tolerance applies only to a mask colour.', 'Omit the tolerance.');
  }
  const tolerance = maskTolerance ?? DEFAULT_TOLERANCE;
  return { from: 'colour', colour: rgbOf(maskColor!), tolerance, grow: maskGrow ?? DEFAULT_COLOUR_GROW };
}

const badSetting = (message: string, remedy: string): RemasterError =>
  new RemasterError('BAD_SETTING', message, { remedy });

/** `#rrggbb` */
const rgbOf = (colour: string): Rgb => {
  const channel = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16) / 255;
  return [channel(1), channel(3), channel(5)];
};
