import type { VideoDescription } from '../describe/describeVideo';
import type { StreamInfo, Tags } from '../describe/mediaInfo';
import { isSameLanguage } from '../streams/carriedStreams';
import { counterparts } from '../streams/counterparts';
import type { CarriedSpans, Made } from './made';
import { hint } from './hint';

export const nameOf = ({ kind, index, codec, isCoverArt }: StreamInfo): string =>
  `${isCoverArt ? 'cover image' : `${kind === 'unknown' ? '' : `${kind} `}stream`} ${index} (${codec === 'none' ? 'of unknown kind' : codec})`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function leftStreams({ streams: { left }, container }: Made): readonly string[] {
  return left.map(({ stream, why }) => {
    if (why === 'empty') return `${capital(nameOf(stream))} is empty and was left out.`;
    if (stream.kind === 'video' && !stream.isCoverArt)
      return `${capital(nameOf(stream))} was left out: only the first video is restored.`;
    const keeps =
      stream.kind === 'subtitle' || stream.kind === 'attachment' || stream.isCoverArt ? hint(container) : '';
    return `${capital(nameOf(stream))} is not supported in .${container} and was left out.${keeps}`;
  });
}

export const convertedStreams = ({ streams: { carried }, container }: Made): readonly string[] =>
  carried
    .filter(({ treatment: { becomes } }) => becomes !== null)
    .map(({ stream, treatment: { becomes, codec } }) =>
      stream.kind === 'audio'
        ? `${capital(nameOf(stream))} is not supported in .${container}; it was encoded as ${becomes}.`
        : `${capital(nameOf(stream))} was converted to ${becomes} (${codec}).`,
    );

/** Streams of the result that are not what was carried. */
export function streamsOf({ streams: { carried } }: Made, { media }: VideoDescription): readonly string[] {
  const found = counterparts(carried, media);
  return carried
    .filter(({ stream }, i) => found[i]?.kind !== stream.kind)
    .map(({ stream }) => `${capital(nameOf(stream))} is missing in the output.`);
}

/** Seconds of sound that converters and containers may take away at the ends. */
const MAX_SHORTER = 0.5;

export function lengths(
  { streams: { carried } }: Made,
  _: VideoDescription,
  spans: CarriedSpans | null,
): readonly string[] {
  return carried.flatMap(({ stream }, i) => {
    const { source, result } = spans?.[i] ?? { source: null, result: null };
    if (!source || !result) return [];
    const name = capital(nameOf(stream));
    if (stream.kind === 'audio' && source.seconds - result.seconds > MAX_SHORTER)
      return [`${name} lasts ${result.seconds.toFixed(2)} s in the output instead of ${source.seconds.toFixed(2)} s.`];
    // mov_text has empty texts for the time between two.
    return stream.kind === 'subtitle' && stream.codec !== 'mov_text' && result.count < source.count
      ? [`${name} has ${result.count} texts in the output instead of ${source.count}.`]
      : [];
  });
}

export function languages({ streams: { carried } }: Made, { media }: VideoDescription): readonly string[] {
  const found = counterparts(carried, media);
  return carried.flatMap(({ stream }, i) => {
    const [before, after] = [languageOf(stream.tags), languageOf(found[i]?.tags ?? {})];
    return !found[i] || before === null || (after !== null && isSameLanguage(before, after))
      ? []
      : [`The language ${before} of ${nameOf(stream)} was lost.`];
  });
}

const languageOf = (tags: Tags): string | null =>
  tags['language'] === undefined || tags['language'] === 'und' ? null : tags['language'];
