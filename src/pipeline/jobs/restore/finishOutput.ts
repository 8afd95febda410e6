import type { Job } from '../../../settings/restoreJob';
import type { Encoding } from '../../media/encode';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { mux, type Segment, verify } from '../../media/mux';
import type { VideoInfo } from '../../media/probe';
import type { OutputFolder } from '../outputFolder';
import { damageError, partialName, sourceDamage } from './truncation';

/** The encoded frames, and how the source was read. */
export interface WrittenVideo {
  readonly segments: readonly Segment[];
  /** Presentation times of all frames, in ticks. */
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
  { segments, times, decoderMessages }: WrittenVideo,
  { codec }: Encoding,
  info: VideoInfo,
  job: Job,
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly warnings: readonly string[] }> {
  const file = `whole.${codec.container}`;
  const target = { path: `${folder.folder}/${file}`, codec, info, job };
  const warnings = await mux(binary, folder.folder, segments, target, signal);
  const expected = { pts: times, timeBase: info.timeBase, from: job.trim?.start ?? 0 };
  await verify(binary, target.path, expected, signal);
  const damage = await sourceDamage(info, job, times.at(-1)!, decoderMessages);
  const output = await folder.publish(file, damage ? partialName(folder.output) : folder.output);
  if (damage) throw damageError(damage, info, output);
  return { output, warnings };
}
