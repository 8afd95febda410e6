import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { RemasterError } from '../../errors';
import { readImageSequence, type ImageSequence, sequenceOptions } from './imageSequence';

/** An existing, readable file that is not empty, or a folder of images. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  /** File name, for display. */
  readonly label: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** An image, by its first bytes. */
  readonly isImage: boolean;
  /** For a folder of images; null for a file. */
  readonly sequence: ImageSequence | null;
}

/** `rate`: frames per second of a folder of images. */
export async function openSource(path: string, rate = 25): Promise<SourceFile> {
  const absolute = resolve(path);
  const label = basename(absolute);
  if (path.includes('\0')) throw new RemasterError('SOURCE_NOT_FOUND', 'The path of the source contains a NUL byte.');
  const found = await stat(absolute).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EACCES'
      ? unreadable(absolute, 'no permission to open its folder', cause)
      : new RemasterError('SOURCE_NOT_FOUND', `${absolute} does not exist.`, { remedy: 'Check the path.', cause });
  });
  if (found.isDirectory()) {
    const sequence = await readImageSequence(absolute, rate);
    return { path: absolute, label, bytes: found.size, modifiedMs: found.mtimeMs, isImage: false, sequence };
  }
  if (!found.isFile()) throw unreadable(absolute, 'it is not a regular file');
  if (found.size === 0) {
    throw new RemasterError('SOURCE_EMPTY', `${absolute} is empty (0 bytes).`, {
      remedy: 'Copy the file again.',
    });
  }
  const first = await firstBytes(absolute).catch((cause: unknown) => {
    throw unreadable(absolute, 'permission denied', cause, 'Give the user that runs remaster read permission.');
  });
  return {
    path: absolute,
    label,
    bytes: found.size,
    modifiedMs: found.mtimeMs,
    isImage: isImage(first),
    sequence: null,
  };
}

export const unreadable = (
  path: string,
  why: string,
  cause?: unknown,
  remedy = 'Check the file in a video player.',
  detail = '',
) => new RemasterError('SOURCE_UNREADABLE', `${path} cannot be read: ${why}.`, { remedy, cause, detail });

/**
 * Demuxers of single files. Playlists and scripts (hls, concat, dash, sdp, …) are excluded: they would make ffmpeg open
 * other files and URLs.
 */
const FORMATS = [
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,flv,live_flv,asf,asf_o,ogg,mxf,gxf,dv,nut,rm',
  'wtv,yuv4mpegpipe,dnxhd,vc1,vc1test,gif,apng,image2,png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,webp_pipe,cine,bink,smk,mtv,nsv,swf,mjpeg,mjpeg_2000',
  'roq,ea,film_cpk,flic,wav,mp3,aac,flac,ac3,aiff,au,caf,amr,ape,w64,tta,wv,dts,eac3',
].join(',');

/** The options that open `source` in ffmpeg, and nothing but `source`. */
export const inputOptions = (source: Pick<SourceFile, 'path' | 'isImage' | 'sequence'>): string[] =>
  source.sequence ? sequenceOptions(source.path, source.sequence) : fileOptions(source);

const fileOptions = (source: Pick<SourceFile, 'path' | 'isImage'>): string[] => [
  '-protocol_whitelist',
  'file,pipe',
  ...(source.isImage
    ? ['-f', 'image2', '-pattern_type', 'none'] // a % in the name is not a sequence pattern
    : ['-format_whitelist', FORMATS]),
  '-i',
  `file:${source.path}`, // with the prefix, `-x.mp4` is not an option and `http:x.mp4` not a URL
];

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(12), 0, 12, 0);
    return buffer;
  } finally {
    await file.close();
  }
}

function isImage(first: Buffer): boolean {
  const hex = first.toString('hex');
  const isRiffWebp = hex.startsWith('52494646') && first.toString('latin1', 8, 12) === 'WEBP';
  return (
    /^(89504e470d0a1a0a|ffd8ff|49492a00|4d4d002a)/.test(hex) || isRiffWebp || first.toString('latin1', 0, 2) === 'BM'
  );
}
