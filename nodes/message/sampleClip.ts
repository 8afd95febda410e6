import { join } from 'node:path';

/** A real clip of a few seconds that comes with the package. */
export const SAMPLE = join(__dirname, '..', '..', '..', 'resources', 'media', 'sample.mp4');
