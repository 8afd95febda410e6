import type { VideoDescription } from '../describe/describeVideo';
import { isSameLayout } from '../describe/speakers';
import { counterparts } from '../streams/counterparts';
import type { Made } from './made';
import { capital, nameOf } from './streams';

/** How many channels sound has, and which loudspeakers they are for. */
export function speakers({ streams: { carried }, container }: Made, { media }: VideoDescription): readonly string[] {
  const found = counterparts(carried, media);
  return carried.flatMap(({ stream, treatment }, i) => {
    const [before, after] = [stream.speakers, found[i]?.speakers];
    if (!before || !after || (treatment.codec === 'copy' && SAYS_ITSELF.test(stream.codec))) return [];
    const name = nameOf(stream);
    if (before.channels !== after.channels)
      return [`${capital(name)} has ${after.channels} channels in the output instead of ${before.channels}.`];
    if (!before.layout || !after.layout || isSameLayout(before.layout, after.layout)) return [];
    return [`The loudspeakers ${before.layout} of ${name} became ${after.layout} in .${container}.`];
  });
}

/** Codecs whose packets say it: copies of them differ only in how much of them the container repeats. */
const SAYS_ITSELF = /^(aac|ac3|eac3|dts|truehd|mlp|flac|alac|opus|vorbis|mp[123])$/;
