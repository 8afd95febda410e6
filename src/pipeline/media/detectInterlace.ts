import type { FfmpegBinary } from './findFfmpeg';
import { runFfmpegForText } from './runFfmpeg';
import { inputOptions, type SourceFile } from './sourceFile';

/** Frames analyzed to tell interlaced from progressive. */
const FIELD_SAMPLE = 120;

/**
 * Whether the video is interlaced: by its flag or, if that is missing or unreliable, by analysis of the first frames.
 */
export async function detectInterlace(
  binary: FfmpegBinary,
  source: SourceFile,
  stream: number,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (
    /\bprogressive\b/.test(text) ||
    !/^(mpeg2video|mpeg1video|mpeg4|h264|vc1|dvvideo|prores|ffv1|rawvideo|huffyuv|ffvhuff|utvideo|dnxhd|v210|mjpeg)/.test(
      text,
    )
  )
    return false;
  const isFlagged = /(top|bottom)( coded)? first/.test(text);
  if (!isFlagged && /^(h264|mjpeg)/.test(text)) return false; // these codecs always set the flag
  // Flagged video is often progressive (25p on DVD), and old codecs often have no flag: analyze the frames.
  const args = [
    ...inputOptions(source),
    '-map',
    `0:${stream}`,
    '-frames:v',
    String(FIELD_SAMPLE),
    '-vf',
    'idet',
    '-f',
    'null',
    '-',
  ];
  const { stderr } = await runFfmpegForText(binary, args, signal);
  const count = /Multi frame detection: TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)/.exec(stderr);
  const [interlaced, progressive] = [Number(count?.[1] ?? 0) + Number(count?.[2] ?? 0), Number(count?.[3] ?? 0)];
  return interlaced + progressive >= 10 ? interlaced > progressive : isFlagged;
}
