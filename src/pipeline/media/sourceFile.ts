import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RemasterError } from '../../errors';
import { type FileContent, fileContent } from './fileContent';
import { readImageSequence, type ImageSequence, sequenceOptions } from './imageSequence';

/** An existing, readable file that is not empty, or a folder of images. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** A single image, by its bytes. */
  readonly isImage: boolean;
  /** For a folder of images; null for a file. */
  readonly sequence: ImageSequence | null;
  /** Images per second of a file of JPEGs one after the other, which has no times. Absent for all other files. */
  readonly jpegRate?: number;
  /** Why no ffmpeg opens it as a video. Absent for all files that one may open. */
  readonly refusal?: Refusal;
}

interface Refusal {
  /** Follows “it cannot be read:”. */
  readonly why: string;
  readonly remedy: string;
}

/** `rate`: frames per second of images without times: of a folder, or of JPEGs one after the other. */
export async function openSource(path: string, rate = 25): Promise<SourceFile> {
  const absolute = resolve(path);
  if (path.includes('\0')) throw new RemasterError('SOURCE_NOT_FOUND', 'The path of the source contains a NUL byte.');
  const found = await stat(absolute).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EACCES'
      ? unreadable(absolute, 'no permission to open its folder', cause)
      : new RemasterError('SOURCE_NOT_FOUND', `${absolute} does not exist.`, { remedy: 'Check the path.', cause });
  });
  if (found.isDirectory()) {
    const sequence = await readImageSequence(absolute, rate);
    return { path: absolute, bytes: found.size, modifiedMs: found.mtimeMs, isImage: false, sequence };
  }
  if (!found.isFile()) throw unreadable(absolute, 'it is not a regular file');
  if (found.size === 0) {
    throw new RemasterError('SOURCE_EMPTY', `${absolute} is empty (0 bytes).`, {
      remedy: 'Copy the file again.',
    });
  }
  const content = await contentOf(absolute).catch((cause: unknown) => {
    throw unreadable(absolute, 'permission denied', cause, 'Give the user that runs remaster read permission.');
  });
  const refusal = REFUSALS[content];
  return {
    path: absolute,
    bytes: found.size,
    modifiedMs: found.mtimeMs,
    isImage: ['still', 'animated WebP', 'PNG with a cover'].includes(content),
    sequence: null,
    ...(content === 'jpegs' && { jpegRate: rate }),
    ...(refusal && { refusal }),
  };
}

/** ffmpeg takes some of these for a playlist or for an image without a size, and its reasons would not be true. */
const REFUSALS: Partial<Record<FileContent, Refusal>> = {
  'animated WebP': {
    why: 'it is an animated WebP, which most versions of ffmpeg cannot decode',
    remedy: 'Convert it to an animated PNG, a GIF or a video first.',
  },
  'PNG with a cover': {
    why: 'it is an animated PNG with a cover outside of the animation, which ffmpeg cannot decode',
    remedy: 'Convert it to a video first, with a browser or an image editor.',
  },
  'web page': {
    why: 'it is a web page (HTML), not a video',
    remedy: 'Download the video itself; the page may be a login or an error message.',
  },
  text: { why: 'it is a text file', remedy: 'Choose a video or an image.' },
  zeros: {
    why: 'it contains only zeros, at least in its first megabyte',
    remedy: 'Copy it again: the copy or the download was not completed.',
  },
};

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
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h261,h263,h264,hevc,av1,obu,ivf,flv,live_flv,asf,asf_o,ogg,mxf,gxf,dv,nut,rm',
  'wtv,yuv4mpegpipe,dnxhd,vc1,vc1test,gif,apng,image2,png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,webp_pipe,cine,bink,smk,mtv,nsv,swf,mjpeg,mjpeg_2000',
  'roq,ea,film_cpk,flic,wav,mp3,aac,flac,ac3,aiff,au,caf,amr,ape,w64,tta,wv,dts,eac3',
].join(',');

type Opened = Pick<SourceFile, 'path' | 'isImage' | 'sequence' | 'jpegRate' | 'refusal'>;

/** The options that open `source` in ffmpeg, and nothing but `source`. Errors: SOURCE_UNREADABLE with its refusal. */
export const inputOptions = (source: Opened): string[] =>
  source.sequence ? sequenceOptions(source.path, source.sequence) : fileOptions(source);

const fileOptions = (source: Opened): string[] => [
  '-protocol_whitelist',
  'file,pipe',
  ...formatOptions(source),
  '-i',
  `file:${source.path}`, // with the prefix, `-x.mp4` is not an option and `http:x.mp4` not a URL
];

function formatOptions({ path, isImage, jpegRate, refusal }: Opened): string[] {
  if (refusal) throw unreadable(path, refusal.why, undefined, refusal.remedy);
  if (jpegRate !== undefined) return ['-f', 'mjpeg', '-framerate', String(jpegRate)]; // a multipart's headers are skipped
  if (isImage) return ['-f', 'image2', '-pattern_type', 'none']; // a % in the name is not a sequence pattern
  return ['-format_whitelist', FORMATS];
}

async function contentOf(path: string): Promise<FileContent> {
  const file = await open(path, 'r');
  try {
    return await fileContent(file);
  } finally {
    await file.close();
  }
}
