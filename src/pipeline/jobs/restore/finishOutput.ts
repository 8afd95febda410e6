import { join } from 'node:path';
import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { lastPacket } from '../../media/lastPacket';
import { muxWithSource } from '../../media/mux';
import type { VideoInfo } from '../../media/probe';
import type { VideoTimes } from '../../media/trackClock';
import { startTick } from '../../media/trim';
import type { Segment } from '../journal';
import type { OutputFolder } from '../outputFolder';
import { damageError, partialName, sourceDamage } from './truncation';

/** The encoded frames, and how the source was read. */
export interface WrittenVideo {
  readonly segments: readonly Segment[];
  /** Presentation times of all frames, in ticks of the source. */
  readonly times: readonly number[];
  /** ffmpeg's messages about the source. */
  readonly decoderMessages: string;
}

/**
 * Muxes, verifies and publishes the output. Returns its path and warnings; throws if the source was truncated or has
 * changed.
 */
export async function finishOutput(
  binary: FfmpegBinary,
  folder: OutputFolder,
  { segments, times: pts, decoderMessages }: WrittenVideo,
  { codec, colour }: Encoding,
  info: VideoInfo,
  job: Job,
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly warnings: readonly string[] }> {
  const file = `whole.${codec.container}`;
  const paths = segments.map((segment) => join(folder.folder, segment.file));
  const zero = startTick(job.trim, info.timeBase);
  const start = Math.min(zero, pts[0]!); // a frame before time 0 delays the sound
  const times = await outputTimes(binary, pts, start, info, job, signal);
  const video = { codec, colour, paths, times };
  const source = { info, job, delay: zero - start };
  const warnings = await muxWithSource(binary, video, join(folder.folder, file), source, signal);
  await folder.assertWritable(); // an old ffmpeg may report success on a full disk
  const damage = await sourceDamage(info, job, pts.at(-1)!, decoderMessages);
  const output = await folder.publish(file, damage ? partialName(folder.output) : folder.output);
  if (damage) throw damageError(damage, info, output);
  return { output, warnings };
}

/**
 * The times from `start`, in ticks of the source. The last frame lasts as long as in the source, or to the end of the cut; where
 * that is unknown, as long as the frames of the nominal rate.
 */
async function outputTimes(
  binary: FfmpegBinary,
  pts: readonly number[],
  start: number,
  info: VideoInfo,
  job: Job,
  signal: AbortSignal,
): Promise<VideoTimes> {
  const { timeBase } = info;
  const last = pts.at(-1)!;
  const packet = await lastPacket(binary, info, last, signal);
  const cut = job.trim?.end ? Math.round((job.trim.end * timeBase.den) / timeBase.num) : Infinity;
  const end = packet && Math.min(cut, packet.pts + packet.duration);
  // A frame at another time than the last packet is a field, was damaged, or was moved: its duration is unknown.
  const isKnown = end !== null && end > last && (packet!.pts === last || job.maxFps !== null || end === cut);
  const usual = Math.max(1, Math.round(timeBase.den / timeBase.num / (info.framesPerSecond ?? 25)));
  return { pts: pts.map((time) => time - start), end: (isKnown ? end : last + usual) - start, timeBase };
}
