import { badSetting } from '../../../settings/checkRows';
import { imageNameOf } from '../../../settings/imageOutput';
import type { Job } from '../../../settings/restoreJob';
import { nameOf } from '../../media/losses/streams';
import type { VideoInfo } from '../../media/probe';
import { expectedFrames } from './progress';

/** Checks the names of an output of images, and says in sentences what images cannot hold. Throws BAD_SETTING. */
export function imageNotes(info: VideoInfo, job: Job): readonly string[] {
  requireDigits(expectedFrames(info, job), job);
  return leftBehind(info, job);
}

/** Names of other lengths would not sort in the order of their numbers. `expected`: null where it is unknown. */
function requireDigits(expected: number | null, job: Job): void {
  const { digits, prefix, suffix } = imageNameOf(job)!;
  const last = job.startNumber + (expected ?? 1) - 1;
  if (String(last).length > digits)
    throw badSetting(
      'output',
      `a name with ${String(last).length} digits or more: the last number is ${last}`,
      `${prefix}%0${digits}d${suffix}`,
    );
}

function leftBehind(info: VideoInfo, { record, bag }: Job): readonly string[] {
  const others = info.media.streams.filter(({ index }) => index !== info.stream).map(nameOf);
  const fps = (info.framesPerSecond ?? 25).toFixed(3).replace(/\.?0+$/, '');
  const verb = others.length === 1 ? 'was' : 'were';
  return [
    `Images have no times: the output has ${fps} frames per second.`,
    ...(others.length === 0
      ? []
      : [`Images have no sound and no other streams: ${others.join(', ')} ${verb} left out.`]),
    ...(record || bag ? ['Images have no tags: only the record says that a model has enhanced them.'] : []),
  ];
}
