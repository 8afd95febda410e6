import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';

/**
 * Whether a pixel of the first `count` frames of a stream is not opaque, in 8 bits. Most GIFs, animated PNGs and
 * recordings of screens have a pixel format with alpha and are opaque. A video that becomes transparent only after these
 * frames is taken for opaque: to know it, all of it would have to be decoded before the first frame is restored.
 */
export async function isTransparent(
  binary: FfmpegBinary,
  input: readonly string[],
  stream: number,
  count: number,
  signal: AbortSignal,
): Promise<boolean> {
  const graph = [
    `[0:${stream}]trim=end_frame=${count}`,
    'format=rgba,alphaextract', // alphaextract of 2018 knows only a few formats
    "lut=c0='255*eq(val,255)',signalstats", // black where it is not opaque: signalstats scales to limited range
    "metadata=mode=print:key=lavfi.signalstats.YMIN:file='pipe\\:1'",
  ];
  const args = [...input, '-filter_complex', graph.join(','), '-f', 'null', '-'];
  const text = (await ffmpegOutput(binary, args, signal)).toString();
  const darkest = [...text.matchAll(/YMIN=(\d+)/g)].map(([, value]) => Number(value));
  return darkest.length === 0 || darkest.some((value) => value < 128); // none: ffmpeg failed, which proves nothing
}
