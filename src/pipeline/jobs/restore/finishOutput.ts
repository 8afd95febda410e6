import { join } from 'node:path';
import { RemasterError } from '../../../errors';
import type { Job } from '../../../settings/restoreJob';
import type { Decoded } from '../../media/decode';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { type EncodedVideo, type MuxSource, muxVideo, muxWithSource } from '../../media/mux';
import type { VideoInfo } from '../../media/probe';
import { ticksPerStored } from '../../media/videoInfo';
import { wasKilled } from '../../media/runFfmpeg';
import type { LastPacket } from '../../media/sourceEnd';
import type { VideoTimes } from '../../media/trackClock';
import { startTick } from '../../media/trim';
import type { Segment } from '../segment';
import type { OutputFolder } from '../outputFolder';
import { publishPartial } from './publishPartial';
import { sourceLoss } from './sourceLoss';
import { soundOf, type Trial } from './trial';
import { damageError } from './truncation';

/** The encoded frames, and how the source was read. */
export interface WrittenVideo {
  readonly segments: readonly Segment[];
  /** Presentation times of all frames, in ticks of the source. */
  readonly times: readonly number[];
  /** All that was decoded for them. */
  readonly decoded: Decoded;
  /** Why the source ended early; null: it did not. */
  readonly broken: RemasterError | null;
}

/** Publishes a file of the output folder. Returns its path. */
export type Publish = (file: string, warnings: readonly string[]) => Promise<string>;

/**
 * Muxes, verifies and publishes the output. Returns its path and warnings; throws if the source was truncated, is
 * damaged or has changed.
 */
export async function finishOutput(
  binary: FfmpegBinary,
  folder: OutputFolder,
  { segments, times: pts, decoded, broken }: WrittenVideo,
  { codec, colour, provenance }: Encoding,
  info: VideoInfo,
  job: Job,
  trial: Trial,
  signal: AbortSignal,
  publish: Publish = (whole) => folder.publish(whole),
): Promise<{ readonly output: string; readonly warnings: readonly string[] }> {
  const file = `whole.${codec.container}`;
  const paths = segments.map((segment) => join(folder.folder, segment.file));
  const zero = startTick(job.trim, info.timeBase);
  const start = Math.min(zero, pts[0]!); // a frame before time 0 delays the sound
  const read = { decoded, broken, last: pts.at(-1)!, sound: soundOf(trial)[0] ?? null };
  const loss = await sourceLoss(binary, info, job, read, signal);
  const { end, missing } = loss;
  const video = { codec, colour, provenance, paths, times: outputTimes(pts, start, info, job, end.last) };
  const source = {
    info,
    job,
    carried: trial.carried,
    delay: zero - start,
    firstOnly: false,
    hasJumps: missing.hasJumps,
  };
  const path = join(folder.folder, file);
  const muxed = await muxAny(binary, folder, video, path, loss.isGone ? null : source, signal);
  await folder.assertWritable(); // an old ffmpeg may report success on a full disk
  const lost = muxed.why === null ? (await trial.compare(path, job.trim === null)).map(({ message }) => message) : [];
  const damage = await loss.damage(muxed.why);
  if (damage) throw damageError(damage, info, await publishPartial(folder, file));
  const warnings = [...new Set([...trial.warnings, ...missing.warnings, ...lost, ...muxed.warnings])];
  return { output: await publish(file, warnings), warnings };
}

/**
 * Muxes the video with its source, or alone if that fails or there is no source any more: then what was made is not thrown
 * away. `why`: null if all is in it.
 */
async function muxAny(
  binary: FfmpegBinary,
  folder: OutputFolder,
  video: EncodedVideo,
  path: string,
  source: MuxSource | null,
  signal: AbortSignal,
): Promise<{ readonly warnings: readonly string[]; readonly why: string | null }> {
  const alone = (): Promise<readonly string[]> => muxVideo(binary, video, path, signal);
  if (source === null) return { warnings: await alone(), why: 'it is gone' };
  try {
    return { warnings: await muxWithSource(binary, video, path, source, signal), why: null };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RemasterError) || error.code !== 'ENCODE_FAILED' || wasKilled(error)) throw error;
    await folder.assertWritable();
    const warnings = await alone().catch(() => {
      throw error;
    });
    return { warnings, why: `with its sound and other streams, the output failed (${error.message})` };
  }
}

/**
 * The times from `start`, in ticks of the source. The last frame lasts as long as in the source, or to the end of the cut; where
 * that is unknown, as long as the frames of the nominal rate.
 */
function outputTimes(
  pts: readonly number[],
  start: number,
  info: VideoInfo,
  job: Job,
  stored: LastPacket | null,
): VideoTimes {
  const { timeBase, framesPerSecond } = info;
  const perTick = ticksPerStored(info);
  const packet = stored && { pts: stored.pts * perTick, duration: stored.duration * perTick };
  const last = pts.at(-1)!;
  const cut = job.trim?.end ? Math.round((job.trim.end * timeBase.den) / timeBase.num) : Infinity;
  const end = packet && Math.min(cut, packet.pts + packet.duration);
  // A frame at another time than the last packet is a field, was damaged, or was moved: its duration is unknown.
  const isOfLast = (one: LastPacket): boolean =>
    perTick === 1 ? one.pts === last : Math.abs(one.pts - last) < one.duration; // a field, or of telecined video
  const isKnown = end !== null && end > last && (isOfLast(packet!) || job.maxFps !== null || end === cut);
  const usual = Math.max(1, Math.round(timeBase.den / timeBase.num / (framesPerSecond ?? 25)));
  return { pts: pts.map((time) => time - start), end: (isKnown ? end : last + usual) - start, timeBase };
}
