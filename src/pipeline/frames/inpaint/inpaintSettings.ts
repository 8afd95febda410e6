import { RemasterError } from '../../../errors';
import type { ModelInfo } from '../../../model/model';
import type { Job } from '../../../settings/restoreJob';

/** Where the holes are that a job fills. */
export type InpaintSettings =
  | { readonly in: 'file'; readonly path: string; readonly grow: number }
  | { readonly in: 'colour'; readonly colour: Rgb; readonly tolerance: number; readonly grow: number };

/** Red, green and blue, 0…1. */
export type Rgb = readonly [number, number, number];

/** How far a colour may be from the one named and still be a hole, 0…1 of the full range in every channel. */
const TOLERANCE = 0.1;
/** Around a colour: a codec lets it run over the edge by about as much. */
const GROW_AROUND_COLOUR = 2;

type Settings = Pick<Job, 'mask' | 'maskColor' | 'maskTolerance' | 'maskGrow' | 'colorFix'>;

/** What the job fills; `null` when its model is not for that. Refuses what means nothing. */
export function inpaintSettings(
  { mask, maskColor, maskTolerance, maskGrow, colorFix }: Settings,
  { name, task }: Pick<ModelInfo, 'name' | 'task'>,
): InpaintSettings | null {
  if (task !== 'inpaint') {
    if (mask === null && maskColor === null && maskTolerance === null && maskGrow === null) return null;
    throw refusal(
      `The model ${name} does not fill holes, so a mask means nothing to it.`,
      'Leave the mask out, or choose a model with the task “inpaint” (`remaster models` shows them).',
    );
  }
  if (mask === null && maskColor === null) {
    throw refusal(
      `The model ${name} fills holes, and nothing says where they are.`,
      'Name a mask (a picture or a video, white where there is a hole), or the colour that the holes have.',
    );
  }
  if (mask !== null && maskColor !== null) {
    throw refusal(
      'Holes are where a mask says, or where the picture has a colour, not both.',
      'Leave one of them out.',
    );
  }
  if (colorFix === 'adain') {
    throw refusal(`The model ${name} fills holes, where a colour fix means nothing.`, 'Leave the colour fix empty.');
  }
  if (mask !== null) {
    if (maskTolerance === null) return { in: 'file', path: mask, grow: maskGrow ?? 0 };
    throw refusal('A tolerance is for a colour; a mask is a hole from half white on.', 'Leave the tolerance out.');
  }
  const tolerance = maskTolerance ?? TOLERANCE;
  return { in: 'colour', colour: rgbOf(maskColor!), tolerance, grow: maskGrow ?? GROW_AROUND_COLOUR };
}

const refusal = (message: string, remedy: string): RemasterError =>
  new RemasterError('BAD_SETTING', message, { remedy });

/** `#rrggbb` */
const rgbOf = (colour: string): Rgb => {
  const channel = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16) / 255;
  return [channel(1), channel(3), channel(5)];
};
