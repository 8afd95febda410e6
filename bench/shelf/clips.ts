import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { withCaptions, withDolbyVision, withUnknownStream } from '../../test/support/sourceKinds';
import { ff, moving } from '../../test/support/videos';

const SOUND = ['-f', 'lavfi', '-i', 'sine=d=0.4:r=48000'];
const VIDEO = moving('64x48', '25', 10);
const H264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
const FIELDS = ['-vf', 'tinterlace=interleave_top,setfield=tff', '-flags', '+ildct+ilme'];

/** Clips that are restored: name, and the options that make them. */
const ODD: Readonly<Record<string, readonly string[]>> = {
  'plain.mp4': [...VIDEO, ...H264],
  'one frame.mp4': [...moving('64x48', '25', 1), ...H264],
  'odd size.mkv': [...moving('33x17', '25', 10), '-c:v', 'ffv1'],
  'upright.mp4': [...moving('48x64', '25', 10), ...H264],
  'ntsc.mp4': [...moving('64x48', '30000/1001', 10), ...H264],
  'variable.mkv': [...VIDEO, '-vf', "setpts='N*N/25/TB'", '-fps_mode', 'passthrough', ...H264],
  'wide pixels.mov': [...VIDEO, '-vf', 'setsar=2/1', ...H264],
  'sound.mkv': [...VIDEO, ...SOUND, ...H264, '-c:a', 'flac'],
  'two sounds.mp4': [...VIDEO, ...SOUND, '-map', '0', '-map', '1', '-map', '1', ...H264, '-c:a', 'aac'],
  'titled.mov': [...VIDEO, ...H264, '-metadata', 'title=Summer 1990', '-metadata:s:v', 'timecode=01:00:00:00'],
  'ten bits.mkv': [...VIDEO, '-c:v', 'ffv1', '-pix_fmt', 'yuv422p10le'],
  'full colour.mkv': [...VIDEO, '-c:v', 'ffv1', '-pix_fmt', 'yuv444p'],
  'prores.mov': [...VIDEO, '-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le'],
  'capture.avi': [...VIDEO, ...SOUND, '-c:v', 'ffvhuff', '-c:a', 'pcm_s16le'],
  'divx.avi': [...VIDEO, '-c:v', 'mpeg4', '-vtag', 'DIVX'],
  'fields.mpg': [...moving('64x48', '50', 20), ...FIELDS, '-c:v', 'mpeg2video', '-q:v', '2'],
  'dvd.vob': [...VIDEO, ...SOUND, '-c:v', 'mpeg2video', '-c:a', 'pcm_dvd', '-ac', '2'],
  'broadcast.ts': [...VIDEO, ...SOUND, '-c:v', 'mpeg2video', '-c:a', 'mp2'],
  'dv.dv': [...moving('720x576', '25', 2), '-c:v', 'dvvideo', '-pix_fmt', 'yuv420p'],
  'camera.mjpeg': [...VIDEO, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-f', 'mjpeg'],
  'raw.h264': [...VIDEO, ...H264, '-f', 'h264'],
  'old phone.3gp': [...moving('128x96', '15', 6), '-c:v', 'h263'],
  'web.webm': [...VIDEO, '-c:v', 'libvpx-vp9', '-pix_fmt', 'yuv420p'],
  'alpha.mkv': [...VIDEO, '-vf', 'format=yuva420p,geq=lum=lum(X\\,Y):a=X*4', '-c:v', 'ffv1'],
  'hdr.mkv': [...VIDEO, '-c:v', 'libx265', '-pix_fmt', 'yuv420p10le', '-color_trc', 'smpte2084', '-color_primaries', 'bt2020', '-colorspace', 'bt2020nc'], // prettier-ignore
  'hash # % é 日本.mp4': [...VIDEO, ...H264],
  '-dash.mp4': [...VIDEO, ...H264],
  'flash.flv': [...VIDEO, '-c:v', 'flv1'],
  'windows.wmv': [...VIDEO, '-c:v', 'wmv2'],
  'professional.mxf': [...VIDEO, '-c:v', 'mpeg2video', '-pix_fmt', 'yuv422p'],
};

/** Those that fail, and the code of each. */
export const FAILURES: Readonly<Record<string, string>> = {
  'empty.mp4': 'SOURCE_EMPTY',
  'letter.avi': 'SOURCE_UNREADABLE',
  'only sound.mp4': 'SOURCE_UNREADABLE',
  'no index.mp4': 'SOURCE_UNREADABLE',
  'cut off.mkv': 'SOURCE_TRUNCATED',
  'damaged.ts': 'SOURCE_DAMAGED',
  'vision.mp4': 'SOURCE_UNREADABLE',
  'list.mkv': 'SOURCE_UNREADABLE',
  'link.mp4': 'SOURCE_NOT_FOUND',
  'twin.mp4': 'OUTPUT_CLASH',
  'twin.mov': 'OUTPUT_CLASH',
  'taken.mp4': 'OUTPUT_EXISTS',
};

/** A file of another program in the output folder. */
export const TAKEN = 'taken.mkv';

/** Makes the clips and the failures in `folder`. Returns how many clips there are. */
export async function makeShelf(folder: string, results: string): Promise<number> {
  const at = (name: string): string => join(folder, name);
  for (const path of [folder, results, at('scans')]) mkdirSync(path, { recursive: true });
  for (const [name, options] of Object.entries(ODD)) await ff(...options, at(name));
  await ff(...VIDEO, at('scans/frame%04d.png'));
  await ff(...VIDEO, '-c:v', 'mpeg2video', '-f', 'mpeg2video', at('captions.m2v'));
  writeFileSync(at('captions.m2v'), withCaptions(readFileSync(at('captions.m2v'))));
  const maps = ['-map', '0', '-map', '1', '-map', '1', '-c:v', 'libx264', '-c:a', 'mp2'];
  await ff(...VIDEO, ...SOUND, ...maps, at('unknown stream.ts'));
  writeFileSync(at('unknown stream.ts'), withUnknownStream(readFileSync(at('unknown stream.ts'))));
  await makeFailures(at);
  writeFileSync(join(results, TAKEN), 'of another program');
  return Object.keys(ODD).length + 3;
}

async function makeFailures(at: (name: string) => string): Promise<void> {
  writeFileSync(at('empty.mp4'), '');
  writeFileSync(at('letter.avi'), 'Dear Sir or Madam,\n');
  writeFileSync(at('list.mkv'), 'ffconcat version 1.0\nfile /etc/passwd\n');
  symlinkSync(at('nowhere'), at('link.mp4'));
  await ff(...SOUND, '-c:a', 'aac', at('only sound.mp4'));
  const long = moving('64x48', '25', 100);
  await ff(...long, ...H264, at('no index.mp4'));
  await ff(...long, '-c:v', 'ffv1', at('cut off.mkv'));
  for (const name of ['no index.mp4', 'cut off.mkv']) truncateSync(at(name), readFileSync(at(name)).length >> 1);
  await ff(...long, '-c:v', 'mpeg2video', '-q:v', '2', at('damaged.ts'));
  const bytes = readFileSync(at('damaged.ts'));
  writeFileSync(at('damaged.ts'), bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 20_000));
  await ff(...VIDEO, '-c:v', 'libx265', '-tag:v', 'hvc1', at('vision.mp4'));
  writeFileSync(at('vision.mp4'), withDolbyVision(readFileSync(at('vision.mp4')), 5));
  for (const name of ['twin.mp4', 'twin.mov', 'taken.mp4']) copyFileSync(at('plain.mp4'), at(name));
}

/** Adds the videos of a folder, long ones cut after 0.4 s without encoding them again. Returns how many there are. */
export function addFolder(from: string, folder: string): number {
  const names = readdirSync(from).filter((name) => /^\.(mp4|mov|mkv|avi|ts|webm|vob|mpg)$/.test(extname(name)));
  mkdirSync(folder, { recursive: true });
  const ask = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0'];
  for (const name of names) {
    const [source, clip] = [join(from, name), join(folder, name)];
    const seconds = Number(execFileSync('ffprobe', [...ask, source], { encoding: 'utf8' }));
    const cut = ['-v', 'error', '-i', source, '-t', '0.4', '-map', '0', '-c', 'copy', clip];
    if (seconds > LONG) execFileSync('ffmpeg', cut);
    else copyFileSync(source, clip); // also where nothing says how long it is
  }
  return names.length;
}

/** Seconds. */
const LONG = 1.5;
