import type { VideoDescription } from '../describe/describeVideo';
import { type Flag, FLAGS, type StreamInfo } from '../describe/mediaInfo';
import { counterparts } from '../streams/counterparts';
import { hint } from './hint';
import type { Made } from './made';
import { capital, nameOf } from './streams';

/** What streams are marked as. Flags that were read of only one of both files are not compared. */
export function flags(made: Made, { media, stream: video }: VideoDescription): readonly string[] {
  const { source, streams, container } = made;
  const found = counterparts(streams.carried, media);
  const pairs = [
    ...[[source.media.streams[source.stream], media.streams[video]] as const],
    ...streams.carried.map(({ stream }, i) => [stream, found[i]] as const),
  ];
  return pairs.flatMap(([before, after]) => {
    if (!before || !after || before.isCoverArt || before.kind === 'attachment') return [];
    const changed = (flag: Flag, to: boolean): boolean => before.flags[flag] === !to && after.flags[flag] === to;
    const lost = FLAGS.filter((flag) => changed(flag, false));
    const gained = FLAGS.filter((flag) => changed(flag, true) && (flag !== 'default' || isChosen(before, made)));
    return [
      ...(lost.length > 0
        ? [`${capital(nameOf(before))} is no longer marked as ${list(lost)}.${hint(container)}`]
        : []),
      ...(gained.length > 0 ? [`${capital(nameOf(before))} is marked as ${list(gained)}; it was not.`] : []),
    ];
  });
}

const list = (names: readonly Flag[]): string => names.map((name) => name.replace('_', ' ')).join(', ');

/** Whether a new default plays something else: where there was none, players show no subtitles but play the first sound. */
const isChosen = ({ kind }: StreamInfo, { source }: Made): boolean =>
  kind === 'subtitle' ||
  (kind === 'audio' && source.media.streams.some((other) => other.kind === kind && other.flags.default));
