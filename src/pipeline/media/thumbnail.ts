import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { RemasterError } from '../../errors';
import type { FfmpegBinary } from './findFfmpeg';
import { probe } from './probe';
import { runFluent } from './runFluent';
import { openSource } from './sourceFile';

/**
 * Saves one frame of a video as PNG or JPEG, by the file extension of `output`. A one-shot job without pipes, for which
 * fluent-ffmpeg is suited; no other frames pass through it.
 */
export async function thumbnail(
  binary: FfmpegBinary,
  {
    input,
    at,
    output,
    width,
  }: { readonly input: string; readonly at: number; readonly output: string; readonly width: number | null },
  signal: AbortSignal,
): Promise<void> {
  const source = await openSource(input);
  const mirror = binary.hasFpsMode ? null : (await probe(binary, input, signal)).mirror;
  const filters = [...(mirror ? [mirror] : []), ...(width === null ? [] : [`scale=${Math.round(width)}:-2`])];
  await mkdir(dirname(output), { recursive: true });
  const part = join(dirname(output), `.${process.pid}-${performance.now()}${extname(output)}`);
  try {
    const failure = await runFluent(
      {
        ffmpeg: binary.path,
        input: `file:${source.path}`,
        inputOptions: ['-protocol_whitelist', 'file,pipe', ...(mirror ? ['-noautorotate'] : [])],
        seek: at,
        output: `file:${part}`,
        outputOptions: ['-frames:v', '1', '-q:v', '2', ...(filters.length === 0 ? [] : ['-vf', filters.join(',')])],
      },
      signal,
    );
    if (failure !== null)
      throw new RemasterError('SOURCE_UNREADABLE', `Cannot extract a frame from ${source.path} at ${at} s.`, {
        detail: failure,
      });
    await rename(part, output);
  } finally {
    await rm(part, { force: true });
  }
}
