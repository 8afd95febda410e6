import { RemasterError } from '../errors';

/** Of an image that is missing, unreadable or too large. */
const OF_IMAGES: readonly string[] = ['NO_IMAGE', 'IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE'];

/** An error of a mask that was read as an image, which says that it is the mask: the user gave two images. */
export function maskError(error: unknown): unknown {
  if (!(error instanceof RemasterError) || !OF_IMAGES.includes(error.code)) return error;
  const { message, remedy } = error;
  const why = message.charAt(0).toLowerCase() + message.slice(1);
  return new RemasterError('MASK_INVALID', `The mask cannot be used: ${why}`, { remedy, cause: error });
}
