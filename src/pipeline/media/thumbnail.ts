import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import fluent from 'fluent-ffmpeg';
import { RemasterError } from '../../errors';
import type { FfmpegBinary } from './findFfmpeg';
import { probe } from './probe';
import { openSource } from './sourceFile';

/**
 * Saves one frame of a video as PNG or JPEG, by the file extension of `output`. A one-shot job without pipes, for which
 * fluent-ffmpeg is suited; no other frames pass through it. Runs only in the engine process, where a crash is
 * contained.
 */
export async function thumbnail(
  binary: FfmpegBinary,
  {
    input,
    at,
    output,
    width,
  }: { readonly input: string; readonly at: number; readonly output: string; readonly width: number | null },
): Promise<void> {
  const source = await openSource(input);
  const mirror = binary.hasFpsMode ? null : (await probe(binary, input, new AbortController().signal)).mirror;
  const filters = [...(mirror ? [mirror] : []), ...(width === null ? [] : [`scale=${Math.round(width)}:-2`])];
  await mkdir(dirname(output), { recursive: true });
  const part = join(dirname(output), `.${process.pid}-${performance.now()}${extname(output)}`);
  try {
    await new Promise<void>((resolve, reject) => {
      const command = fluent()
        .setFfmpegPath(binary.path)
        .input(`file:${source.path}`)
        .inputOptions('-protocol_whitelist', 'file,pipe', ...(mirror ? ['-noautorotate'] : []))
        .seekInput(at)
        .outputOptions('-frames:v', '1', '-q:v', '2', ...(filters.length === 0 ? [] : ['-vf', filters.join(',')]))
        .output(`file:${part}`);
      command.once('end', () => resolve());
      command.once('error', (cause: Error) =>
        reject(
          new RemasterError('SOURCE_UNREADABLE', `Cannot extract a frame from ${source.path} at ${at} s.`, {
            detail: cause.message,
            cause,
          }),
        ),
      );
      command.run();
    });
    await rename(part, output);
  } finally {
    await rm(part, { force: true });
  }
}
