import { createInterface } from 'node:readline';
import type { FfmpegBinary } from './findFfmpeg';
import { passthrough } from './passthrough';
import { runFfmpeg } from './runFfmpeg';
import { inputOptions, type SourceFile } from './sourceFile';

/**
 * The sha256 of every decoded frame of the first video stream, in `pixelFormat` and without padding. Errors: ENCODE_FAILED
 * when ffmpeg gives up on the file.
 */
export async function* decodedHashes(
  binary: FfmpegBinary,
  source: SourceFile,
  pixelFormat: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const output = ['-map', '0:v:0', ...passthrough(binary), '-pix_fmt', pixelFormat, '-f', 'framehash'];
  await using decoder = runFfmpeg(binary, [...inputOptions(source), ...output, '-hash', 'sha256', 'pipe:1'], signal);
  // With the signal: a killed ffmpeg closes its output without an end, for which the lines would wait.
  for await (const line of createInterface({ input: decoder.stdout, signal })) {
    const hash = /^0,.*, *([0-9a-f]{64})$/.exec(line)?.[1];
    if (hash !== undefined) yield hash;
  }
  await decoder.ended;
}
