import { join } from 'node:path';
import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { muxWithSource } from '../../media/mux';
import type { VideoInfo } from '../../media/probe';
import { type LastPacket, sourceEnd } from '../../media/sourceEnd';
import type { VideoTimes } from '../../media/trackClock';
import { startTick } from '../../media/trim';
import type { Segment } from '../journal';
import type { OutputFolder } from '../outputFolder';
import type { Trial } from './trial';
import { damageError, partialName, sourceDamage } from './truncation';

/** The encoded frames, and how the source was read. */
export interface WrittenVideo {
  readonly segments: readonly Segment[];
  /** Presentation times of all frames, in ticks of the source. */
  readonly times: readonly number[];
}

/**
 * Muxes, verifies and publishes the output. Returns its path and warnings; throws if the source was truncated or has
 * changed.
 */
export async function finishOutput(
  binary: FfmpegBinary,
  folder: OutputFolder,
  { segments, times: pts }: WrittenVideo,
  { codec, colour }: Encoding,
  info: VideoInfo,
  job: Job,
  trial: Trial,
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly warnings: readonly string[] }> {
  const file = `whole.${codec.container}`;
  const paths = segments.map((segment) => join(folder.folder, segment.file));
  const zero = startTick(job.trim, info.timeBase);
  const start = Math.min(zero, pts[0]!); // a frame before time 0 delays the sound
  const end = await sourceEnd(binary, info, pts.at(-1)!, signal);
  const times = outputTimes(pts, start, info, job, end.last);
  const video = { codec, colour, paths, times };
  const source = { info, job, carried: trial.carried, delay: zero - start, firstOnly: false };
  const path = join(folder.folder, file);
  const warnings = await muxWithSource(binary, video, path, source, signal);
  await folder.assertWritable(); // an old ffmpeg may report success on a full disk
  const lost = (await trial.compare(path, job.trim === null)).map(({ message }) => message);
  const lastFrame = (pts.at(-1)! * info.timeBase.num) / info.timeBase.den;
  const damage = await sourceDamage(info, job, Math.max(lastFrame, end.seconds ?? 0));
  const output = await folder.publish(file, damage ? partialName(folder.output) : folder.output);
  if (damage) throw damageError(damage, info, output);
  return { output, warnings: [...new Set([...trial.warnings, ...lost, ...warnings])] };
}

/**
 * The times from `start`, in ticks of the source. The last frame lasts as long as in the source, or to the end of the cut; where
 * that is unknown, as long as the frames of the nominal rate.
 */
function outputTimes(
  pts: readonly number[],
  start: number,
  { timeBase, framesPerSecond }: VideoInfo,
  job: Job,
  packet: LastPacket | null,
): VideoTimes {
  const last = pts.at(-1)!;
  const cut = job.trim?.end ? Math.round((job.trim.end * timeBase.den) / timeBase.num) : Infinity;
  const end = packet && Math.min(cut, packet.pts + packet.duration);
  // A frame at another time than the last packet is a field, was damaged, or was moved: its duration is unknown.
  const isKnown = end !== null && end > last && (packet!.pts === last || job.maxFps !== null || end === cut);
  const usual = Math.max(1, Math.round(timeBase.den / timeBase.num / (framesPerSecond ?? 25)));
  return { pts: pts.map((time) => time - start), end: (isKnown ? end : last + usual) - start, timeBase };
}
