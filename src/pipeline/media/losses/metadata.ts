import type { VideoDescription } from '../describe/describeVideo';
import { timecodeOf } from '../describe/mediaInfo';
import type { CarriedSpans, Made } from './made';
import { hint } from './hint';

export function chapters(
  { source, extras, isCut, container }: Made,
  { media }: VideoDescription,
  spans: CarriedSpans | null,
): readonly string[] {
  if (!extras || isCut) return [];
  const [before, after] = [source.media.chapters, media.chapters];
  if (after.length < before.length) return [`${before.length - after.length} chapters were lost.`];
  const isFinished = spans !== null;
  const moved = before.filter(({ start }, i) => isFinished && Math.abs(start - after[i]!.start) > MAX_MOVED);
  return moved.map(({ title }) => `The chapter “${title}” starts at another time: .${container} has no gaps.`);
}

/** Seconds. */
const MAX_MOVED = 0.05;

export function metadata({ source, extras, container }: Made, { media }: VideoDescription): readonly string[] {
  if (!extras) return [];
  const lost = Object.keys(source.media.tags).filter((name) => !TECHNICAL.test(name) && media.tags[name] === undefined);
  return lost.length === 0
    ? []
    : [`Metadata could not be stored in .${container}: ${lost.join(', ')}.${hint(container)}`];
}

/** Tags that describe the file itself. */
const TECHNICAL =
  /^(major_brand|minor_version|compatible_brands|encoder|software|duration|creation_time|timecode|.*writing.*|.*uid|product_\w+|company_name|application_platform|toolkit_version|modification_date)$/;

export function timecode({ source, extras, isCut }: Made, result: VideoDescription): readonly string[] {
  const [before, after] = [timecodeOf(source.media), timecodeOf(result.media)];
  if (!extras || isCut || before === null || before === after) return [];
  return [`The time code ${before} was lost.`];
}
