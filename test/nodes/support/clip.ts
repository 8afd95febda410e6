import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../../src/pipeline/media/findFfmpeg';

const run = promisify(execFile);

/** A small test video with a tone. */
export async function makeClip(
  path: string,
  frames: number,
  { width = 64, height = 36, rate = 25 } = {},
): Promise<string> {
  const { path: ffmpeg } = await findFfmpeg();
  const seconds = frames / rate;
  await run(ffmpeg, [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc=size=${width}x${height}:rate=${rate}`],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440', '-frames:v', String(frames), '-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', `file:${path}`],
  ]);
  return path;
}

/** Number of frames that a file decodes to. */
export async function countFrames(path: string): Promise<number> {
  const { path: ffmpeg } = await findFfmpeg();
  const { stdout } = await run(ffmpeg, ['-v', 'error', '-i', `file:${path}`, '-map', '0:v:0', '-f', 'framemd5', '-']);
  return stdout.split('\n').filter((line) => /^\d/.test(line)).length;
}
