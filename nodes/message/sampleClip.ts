import { join } from 'node:path';

/** A clip of a few seconds, part of the package. */
export const SAMPLE = join(__dirname, '..', '..', '..', 'resources', 'media', 'sample.mp4');
