import type { Job } from './restoreJob';

/** Frames that come out of the fields of a video for each frame of the file: of telecined video, 4 of 5. */
export const framesPerStored = (deinterlace: Job['deinterlace'] | 'none' | 'frames'): number =>
  deinterlace === 'double' ? 2 : deinterlace === 'telecine' ? 4 / 5 : 1;
