import { UNSUPPORTED_MATRICES } from './colour';
import type { VideoDescription } from './describe/describeVideo';
import type { CarriedSpans, Made } from './losses/made';
import { flags } from './losses/flags';
import { chapters, metadata, timecode } from './losses/metadata';
import { speakers } from './losses/speakers';
import { convertedStreams, languages, leftStreams, lengths, streamsOf } from './losses/streams';
import {
  alpha,
  aspect,
  colourTags,
  depth,
  dolbyVision,
  dolbyVision5,
  fields,
  hdr,
  matrix,
  sideData,
  subsampling,
} from './losses/video';

/** A property of a source that a result may lack. */
export interface Loss {
  readonly kind: string;
  /** For the table in docs/losses.md. */
  readonly what: string;
  readonly outcome: string;
  /** `refused`: the result would be wrong, so the job ends before the first frame. */
  readonly verdict: 'warned' | 'refused';
  /** The losses, in words; empty: nothing. */
  find(made: Made, result: VideoDescription, spans: CarriedSpans | null): readonly string[];
}

/** A difference between source and result, in words. */
export interface Lost {
  readonly kind: string;
  readonly verdict: Loss['verdict'];
  readonly message: string;
}

/**
 * Compares a result with its source. `result` may hold one frame and the first packets: then the losses are known before
 * the first frame is restored, and `spans` is null. Frames and their times are compared by `verify`.
 */
export const whatIsLost = (made: Made, result: VideoDescription, spans: CarriedSpans | null): Lost[] =>
  LOSSES.flatMap(({ kind, verdict, find }) => find(made, result, spans).map((message) => ({ kind, verdict, message })));

/** Everything that is compared, in the order of the warnings. */
export const LOSSES: readonly Loss[] = [
  warned('left', 'Streams that the container cannot hold, and further videos', 'left out', leftStreams),
  warned(
    'converted',
    'Streams in a codec that the container cannot hold',
    'converted, lossless where they were',
    convertedStreams,
  ),
  warned('streams', 'Sound, subtitles, covers, fonts, data', 'copied', streamsOf),
  warned('lengths', 'Length of sound, number of subtitles', 'kept', lengths),
  warned('languages', 'Languages of streams', 'kept', languages),
  warned(
    'flags',
    'Marks of streams: default, forced, comment, original, dub, hearing or visually impaired',
    'kept',
    flags,
  ),
  warned('speakers', 'Channels of sound and their loudspeakers', 'kept', speakers),
  warned('colour', 'Matrix, primaries, transfer, range', 'kept', colourTags),
  { ...warned('matrix', `The matrices ${UNSUPPORTED_MATRICES.join(', ')}`, 'refused', matrix), verdict: 'refused' },
  warned('hdr', 'PQ, HLG, linear and logarithmic transfer', 'kept, but restored as standard video', hdr),
  warned('mastering', 'HDR10: mastering display', 'lost', sideData('mastering')),
  warned('light', 'HDR10: light levels', 'lost', sideData('light')),
  warned('hdr10plus', 'HDR10+', 'lost', sideData('hdr10plus')),
  warned('dolbyVision', 'Dolby Vision other than profile 5', 'its metadata is lost', dolbyVision),
  { ...warned('dolbyVision5', 'Dolby Vision profile 5', 'refused', dolbyVision5), verdict: 'refused' },
  warned('captions', 'Closed captions in the video', 'lost', sideData('captions')),
  warned('stereo', 'Stereoscopic layout', 'lost', sideData('stereo')),
  warned('spherical', 'Spherical projection', 'lost', sideData('spherical')),
  warned('fields', 'Fields of interlaced video', 'one frame for two fields', fields),
  warned('depth', 'Bits per sample', 'kept up to the depth of the codec', depth),
  warned('subsampling', 'Colour resolution', 'that of the pixel format', subsampling),
  warned('alpha', 'Transparency', 'left out', alpha),
  warned('aspect', 'Pixel aspect ratio', 'kept', aspect),
  warned('chapters', 'Chapters', 'kept', chapters),
  warned('metadata', 'Metadata: title, make, model, place, date', 'kept', metadata),
  warned('timecode', 'Time code', 'kept', timecode),
];

function warned(kind: string, what: string, outcome: string, find: Loss['find']): Loss {
  return { kind, what, outcome, verdict: 'warned', find };
}
