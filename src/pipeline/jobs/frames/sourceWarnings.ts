import { RemasterError } from '../../../errors';
import type { FramesJob } from '../../../settings/framesJob';
import type { Decoded } from '../../media/decode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { clockJumps } from '../../media/gaps/clockJumps';
import { storedBytes } from '../../media/gaps/storedBytes';
import type { VideoInfo } from '../../media/probe';
import { sourceEnd } from '../../media/sourceEnd';

/** Returns what the decoder has complained about since the last call, as warnings of the next image. */
export function complaintsSince({ complaints }: Pick<Decoded, 'complaints'>): () => readonly string[] {
  let said = 0;
  return () => {
    const count = complaints.count() - said;
    if (count === 0) return [];
    const text = complaints.heard[said]?.text;
    said += count;
    const first = text === undefined ? '' : `: “${text}”${count > 1 ? ', …' : ''}`;
    return [`The decoder complained ${count} times since the image before, so this image may be wrong${first}.`];
  };
}

/** Seconds that a container may promise and not have, and the share of its bytes. */
const [MAX_SECONDS, MAX_SHARE] = [0.5, 0.01];

/** Errors: SOURCE_TRUNCATED for a video that was to be read to its end and ends early. */
export async function assertReadToEnd(
  binary: FfmpegBinary,
  info: VideoInfo,
  { trim, pick }: Pick<FramesJob, 'trim' | 'pick'>,
  decoded: Decoded,
  signal: AbortSignal,
): Promise<void> {
  const { source, duration, timeBase } = info;
  if ((trim?.end ?? null) !== null || pick.by === 'times') return;
  const last = decoded.times.at(-1)!;
  const hasJumps = decoded.jumps.length > 0 || (await clockJumps(source, signal)).length > 0;
  const packets = await sourceEnd(binary, info, hasJumps ? null : last, signal);
  const end = Math.max((last * timeBase.num) / timeBase.den, packets.seconds ?? 0);
  const isShort = !hasJumps && duration !== null && duration - end > MAX_SECONDS;
  if (!isShort && (await storedBytes(source)).share <= MAX_SHARE) return;
  const of = isShort ? ` of ${duration.toFixed(2)} s` : '';
  const message = `${source.path} is truncated: it ends at ${end.toFixed(2)} s${of}; all frames before were extracted.`;
  throw new RemasterError('SOURCE_TRUNCATED', message, { remedy: 'Copy the source again.' });
}
