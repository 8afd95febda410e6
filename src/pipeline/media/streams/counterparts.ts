import { mainVideo, type MediaInfo, type StreamInfo } from '../describe/mediaInfo';
import type { CarriedStream } from './carriedStreams';

/**
 * The stream of a result that each carried stream became; undefined where it is missing. Containers list tracks in the
 * order of writing, but covers and attachments apart from them; tracks that ffmpeg writes anew come last.
 */
export function counterparts(
  carried: readonly CarriedStream[],
  result: Pick<MediaInfo, 'streams'>,
): readonly (StreamInfo | undefined)[] {
  const video = mainVideo(result);
  const rest = { track: [] as StreamInfo[], cover: [] as StreamInfo[], attachment: [] as StreamInfo[] };
  for (const stream of result.streams) if (stream !== video) rest[placeOf(stream)].push(stream);
  return carried.map(({ stream }) => rest[placeOf(stream)].shift());
}

const placeOf = ({ kind, isCoverArt }: StreamInfo): 'track' | 'cover' | 'attachment' =>
  isCoverArt ? 'cover' : kind === 'attachment' ? 'attachment' : 'track';
