import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RemasterError } from '../../errors';
import type { Job } from '../../settings/restoreJob';
import type { Codec } from './codecs';
import { copyStreams } from './copyStreams';
import { timescale } from './encode';
import type { FfmpegBinary } from './findFfmpeg';
import type { Rational } from './frame';
import type { VideoInfo } from './probe';
import { runFfmpeg } from './runFfmpeg';
import { inputOptions } from './sourceFile';

/** A finished segment of the video. */
export interface Segment {
  readonly file: string;
  readonly frames: number;
  /** Times of its first and last frame in ticks of the source. */
  readonly firstPts: number;
  readonly lastPts: number;
}

/**
 * Concatenates the segments without re-encoding and adds audio, subtitles, chapters and metadata of the source. Returns
 * warnings.
 */
export async function mux(
  binary: FfmpegBinary,
  folder: string,
  segments: readonly Segment[],
  target: { readonly path: string; readonly codec: Codec; readonly info: VideoInfo; readonly job: Job },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { info, job, codec } = target;
  const { timeBase } = info;
  const seconds = (ticks: number): number => (ticks * timeBase.num) / timeBase.den;
  const from = job.trim?.start ?? 0;
  const list = join(folder, 'segments.ffconcat');
  await writeFile(list, concatList(segments, seconds));
  const { options, warnings } = copyStreams(info, codec.container, job.audio, job.extras, 1);
  const window = job.trim
    ? ['-ss', String(from), ...(job.trim.end === null ? [] : ['-t', String(job.trim.end - from)])]
    : [];
  const offset = seconds(segments[0]!.firstPts) - from;
  await using muxer = runFfmpeg(
    binary,
    [
      ...(Math.abs(offset) < 1e-9 ? [] : ['-itsoffset', offset.toFixed(9)]),
      ...['-f', 'concat', '-safe', '0', '-protocol_whitelist', 'file,pipe', '-i', `file:${list}`],
      ...window,
      ...inputOptions(info.source),
      ...['-map', '0:v:0', '-c:0', 'copy', ...options],
      // Audio before time 0 (encoder priming, or before the cut) would delay the whole video where no edit list hides it.
      ...(job.trim || codec.container === 'mkv' ? ['-copypriorss', '0'] : []),
      ...(job.extras
        ? ['-map_metadata', '1', '-map_metadata:s:v:0', `1:s:${info.stream}`, '-map_chapters', '1']
        : ['-map_metadata', '-1', '-map_chapters', '-1']),
      // The frames are already rotated, and encoded by another encoder.
      ...['-metadata:s:v:0', 'rotate=', '-metadata:s:v:0', `encoder=${codec.encoder}`],
      ...['-max_muxing_queue_size', '65536', '-max_interleave_delta', '0'],
      ...(codec.name === 'h265' && codec.container !== 'mkv' ? ['-tag:v', 'hvc1'] : []),
      ...timescale(codec.container, timeBase),
      ...['-f', FORMAT[codec.container], '-strict', '-2', '-y', `file:${target.path}`],
    ],
    signal,
  );
  muxer.stdout.resume();
  await muxer.ended;
  return warnings;
}

/** ffmpeg's names of the containers. */
export const FORMAT = { mp4: 'mp4', mov: 'mov', mkv: 'matroska' } as const;

/** Each segment lasts until the next begins, so that rounding to microseconds does not accumulate. */
function concatList(segments: readonly Segment[], seconds: (ticks: number) => number): string {
  const start = segments[0]!.firstPts;
  const at = segments.map(({ firstPts }) => Math.round(seconds(firstPts - start) * 1e6));
  const lines = segments.flatMap(({ file }, i) => [
    `file '${file}'`,
    ...(i + 1 < segments.length ? [`duration ${((at[i + 1]! - at[i]!) / 1e6).toFixed(6)}`] : []),
  ]);
  return ['ffconcat version 1.0', ...lines, ''].join('\n');
}

/**
 * Checks the number of frames in the output and their times. Reads packets and decodes nothing.
 * `expected`: increasing times of all frames, in ticks. Returns the largest difference in seconds.
 */
export async function verify(
  binary: FfmpegBinary,
  path: string,
  expected: { readonly pts: readonly number[]; readonly timeBase: Rational; readonly from: number },
  signal: AbortSignal,
): Promise<number> {
  const input = ['-protocol_whitelist', 'file,pipe', '-i', `file:${path}`];
  await using reader = runFfmpeg(
    binary,
    [...input, '-map', '0:v:0', '-c', 'copy', '-copyts', '-f', 'framecrc', 'pipe:1'],
    signal,
  );
  let base: RegExpExecArray | null = null;
  const times: number[] = [];
  // Line by line: the list of a day of video exceeds the maximum length of a string.
  for await (const line of createInterface({ input: reader.stdout })) {
    base ??= /^#tb 0: (\d+)\/(\d+)/.exec(line);
    const packet = /^0, *-?\d+, *(-?\d+),/.exec(line);
    if (packet) times.push(Number(packet[1]));
  }
  await reader.ended;
  times.sort((a, b) => a - b); // packets come in coding order
  const { pts, timeBase, from } = expected;
  if (!base || times.length !== pts.length) {
    throw new RemasterError(
      'ENCODE_FAILED',
      `The output has ${times.length} frames instead of ${pts.length}; it was discarded.`,
      { remedy: 'Try another codec or container, and please report this bug.' },
    );
  }
  const tick = Number(base[1]) / Number(base[2]);
  const worst = times.reduce(
    (most, time, i) => Math.max(most, Math.abs(time * tick - ((pts[i]! * timeBase.num) / timeBase.den - from))),
    0,
  );
  if (worst > TOLERANCE) {
    throw new RemasterError(
      'ENCODE_FAILED',
      `A frame of the output is ${(worst * 1000).toFixed(1)} ms away from its time; the output was discarded.`,
    );
  }
  return worst;
}

/** Seconds. Matroska stores milliseconds, and a QuickTime track starts on a whole one. */
const TOLERANCE = 0.0011;
