import type { VideoDescription } from '../describe/describeVideo';
import { timecodeOf } from '../describe/mediaInfo';
import type { Made } from './made';
import { hint } from './hint';

export function chapters({ source, extras, isCut }: Made, { media }: VideoDescription): readonly string[] {
  const count = source.media.chapters.length;
  return !extras || isCut || media.chapters.length >= count
    ? []
    : [`${count - media.chapters.length} chapters were lost.`];
}

export function metadata({ source, extras, container }: Made, { media }: VideoDescription): readonly string[] {
  if (!extras) return [];
  const lost = Object.keys(source.media.tags).filter((name) => !TECHNICAL.test(name) && media.tags[name] === undefined);
  return lost.length === 0
    ? []
    : [`Metadata could not be stored in .${container}: ${lost.join(', ')}.${hint(container)}`];
}

/** Tags that describe the file itself. */
const TECHNICAL = /^(major_brand|minor_version|compatible_brands|encoder|duration|creation_time|timecode|.*writing.*)$/;

export function timecode({ source, extras, isCut }: Made, result: VideoDescription): readonly string[] {
  const [before, after] = [timecodeOf(source.media), timecodeOf(result.media)];
  if (!extras || isCut || before === null || before === after) return [];
  return [`The time code ${before} was lost.`];
}
