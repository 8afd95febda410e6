import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFfmpeg } from '../src/pipeline/media/findFfmpeg';

/** Creates a temporary folder. */
export const workFolder = (): string => mkdtempSync(join(tmpdir(), 'remaster-bench-'));

/** Writes the bundled sample, looped and scaled to `size` (`320x180`) and a number of frames. */
export async function testVideo(path: string, size: string, frames: number): Promise<string> {
  const { path: program } = await findFfmpeg();
  const sample = join(process.cwd(), 'resources/media/sample.mp4');
  const filter = `setpts=N/25/TB,scale=${size.replace('x', ':')}:flags=bicubic`;
  execFileSync(program, [
    '-v',
    'error',
    '-y',
    '-stream_loop',
    '-1', // ffmpeg of 2018 ends its `loop` filter too early
    '-i',
    sample,
    '-vf',
    filter,
    '-frames:v',
    String(frames),
    '-an',
    '-pix_fmt',
    'yuv420p',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    path,
  ]);
  return path;
}
