import { RemasterError } from '../../errors';
import type { FfmpegBinary } from './findFfmpeg';
import { type Ffmpeg, runFfmpeg } from './runFfmpeg';

/** Runs ffmpeg and returns what it writes to stdout, also when it fails. For small outputs. */
export async function ffmpegOutput(
  binary: FfmpegBinary,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Buffer> {
  await using ffmpeg = runFfmpeg(binary, args, signal);
  const output = await collect(ffmpeg.stdout);
  await endOf(ffmpeg, signal);
  return output;
}

/** Waits until ffmpeg has ended, also with a failure: its output is what counts. Throws when it could not be started. */
export async function endOf({ ended }: Pick<Ffmpeg, 'ended'>, signal: AbortSignal): Promise<void> {
  await ended.catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof RemasterError && error.code === 'ENCODE_FAILED')) throw error;
  });
}

/** Everything a process writes to a pipe until it ends or is killed. */
export async function collect(pipe: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of pipe) chunks.push(chunk);
  } catch {
    // a killed process closes its pipe without an end; its exit says how it ended
  }
  return Buffer.concat(chunks);
}
