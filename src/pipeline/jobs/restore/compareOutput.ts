import { RemasterError } from '../../../errors';
import type { Job } from '../../../settings/restoreJob';
import { describeVideo, type VideoDescription } from '../../media/describe/describeVideo';
import type { MediaInfo } from '../../media/describe/mediaInfo';
import { encodedColour, type Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { CarriedSpans, Made } from '../../media/losses/made';
import type { VideoInfo } from '../../media/probe';
import { fieldsOf } from '../../media/videoInfo';
import { inputOptions } from '../../media/sourceFile';
import { counterparts } from '../../media/streams/counterparts';
import { type DecidedStreams, outputInput } from '../../media/streams/decideStreams';
import { packetSpans } from '../../media/streams/packets';
import { type Lost, whatIsLost } from '../../media/whatIsLost';

/**
 * Compares a trial, or the finished file, with the source. `isWhole`: it has all packets, so their streams must last as long.
 * `described`: its description, where it is known.
 */
export type CompareOutput = (path: string, isWhole: boolean, described?: MediaInfo | null) => Promise<readonly Lost[]>;

export function outputComparison(
  binary: FfmpegBinary,
  { codec, colour }: Encoding,
  info: VideoInfo,
  job: Job,
  streams: DecidedStreams,
  signal: AbortSignal,
): CompareOutput {
  const made: Made = {
    ...{ source: info, streams, container: codec.container, extras: job.extras, isCut: job.trim !== null },
    isInterlaced: fieldsOf(info).mode === 'frames',
    colour: encodedColour(colour, codec),
  };
  return async (path, isWhole, described) => {
    const result = await describeVideo(binary, outputInput(path), signal, 1, described);
    if ('empty' in result)
      throw new RemasterError('ENCODE_FAILED', `The output ${path} cannot be opened again.`, {
        remedy: 'Try another codec or container, and please report this bug.',
      });
    const spans = isWhole ? await carriedSpans(binary, info, streams, path, result, signal) : null;
    return whatIsLost(made, result, spans);
  };
}

async function carriedSpans(
  binary: FfmpegBinary,
  { source }: VideoInfo,
  { carried }: DecidedStreams,
  path: string,
  { media }: VideoDescription,
  signal: AbortSignal,
): Promise<CarriedSpans> {
  if (carried.length === 0) return [];
  const indices = carried.map(({ stream }) => stream.index);
  const before = await packetSpans(binary, inputOptions(source), signal, indices);
  const after = await packetSpans(binary, outputInput(path), signal);
  return counterparts(carried, media).map((found, i) => ({
    source: before.get(indices[i]!) ?? null,
    result: found ? (after.get(found.index) ?? { count: 0, seconds: 0 }) : null,
  }));
}
