import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ff } from '../../test/support/videos';
import type { Dice } from './dice';
import { harmed } from './mutate';

/** Frames of each source, at 25 frames per second. */
export const FRAMES = 40;

const sound = (codec: string): string[] => ['-c:a', codec, '-b:a', '32k', '-ac', '1'];

/** Name of a source, and the options that encode it. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  'h264.mp4': ['-c:v', 'libx264', '-g', '12', '-pix_fmt', 'yuv420p', ...sound('aac')],
  'h265.mkv': ['-c:v', 'libx265', '-x265-params', 'log-level=error:keyint=12', ...sound('libopus')],
  'h264.ts': ['-c:v', 'libx264', '-g', '12', '-pix_fmt', 'yuv420p', ...sound('aac')],
  'mpeg2.mpg': ['-c:v', 'mpeg2video', '-g', '12', '-q:v', '3', ...sound('mp2')],
  'mpeg4.avi': ['-c:v', 'mpeg4', '-g', '12', '-q:v', '3', ...sound('libmp3lame')],
  'vp9.webm': ['-c:v', 'libvpx-vp9', '-b:v', '200k', '-g', '12', ...sound('libopus')],
  'prores.mov': ['-c:v', 'prores_ks', '-c:a', 'pcm_s16le', '-ac', '1', '-ar', '16000'],
  'theora.ogv': ['-c:v', 'libtheora', '-q:v', '6', '-g', '12', ...sound('libvorbis')],
  'flv1.flv': ['-c:v', 'flv1', '-g', '12', '-q:v', '3', ...sound('libmp3lame')],
  'wmv2.wmv': ['-c:v', 'wmv2', '-g', '12', '-q:v', '3', ...sound('wmav2')],
  'animation.gif': ['-an'],
  'images': ['-an'],
}; // prettier-ignore

export interface Source {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
}

/** Writes a source of each format: 64×48, with sound where the format has some. */
export async function makeSources(folder: string): Promise<readonly Source[]> {
  const made: Source[] = [];
  for (const [name, options] of Object.entries(FORMATS)) {
    const isFolder = name === 'images';
    const path = join(folder, name);
    if (isFolder) mkdirSync(path);
    const seconds = FRAMES / 25;
    await ff(
      ...['-f', 'lavfi', '-i', `testsrc2=size=64x48:rate=25,trim=end_frame=${FRAMES}`],
      ...['-f', 'lavfi', '-i', `sine=sample_rate=48000:duration=${seconds}`, '-threads', '1'],
      ...['-map', '0:v', ...(options.includes('-an') ? [] : ['-map', '1:a'])],
      ...[...options, ...(name.endsWith('.flv') ? ['-ar', '44100'] : []), isFolder ? join(path, '%04d.png') : path],
    );
    made.push({ name, path, isFolder });
  }
  return made;
}

/** Writes a harmed copy of a source. Returns its path and how it was harmed. */
export function harmedCopy(
  source: Source,
  folder: string,
  dice: Dice,
): { readonly path: string; readonly how: string } {
  const path = join(folder, source.name);
  rmSync(path, { recursive: true, force: true });
  if (!source.isFolder) {
    const { how, changed } = harmed(readFileSync(source.path), dice);
    writeFileSync(path, changed);
    return { path, how };
  }
  mkdirSync(path);
  const names = readdirSync(source.path).toSorted();
  const from = dice.whole(0, names.length - 1);
  const until = from + dice.whole(1, 3);
  const hows: string[] = [];
  for (const [i, name] of names.entries()) {
    const bytes = readFileSync(join(source.path, name));
    const { how, changed } = i >= from && i < until ? harmed(bytes, dice) : { how: null, changed: bytes };
    if (how !== null) hows.push(how);
    writeFileSync(join(path, name), changed);
  }
  return { path, how: hows.join(', ') };
}
