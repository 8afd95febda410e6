import { type FileHandle, open } from 'node:fs/promises';
import { RemasterError } from '../../errors';
import type { MediaInfo, StreamInfo } from './describe/mediaInfo';
import { collect, endOf, ffmpegOutput } from './ffmpegOutput';
import type { FfmpegBinary } from './findFfmpeg';
import { findMoov } from './mp4Moov';
import { runFfmpeg } from './runFfmpeg';
import { inputOptions, type SourceFile, unreadable } from './sourceFile';

export const noFrames = (source: SourceFile, detail = '') =>
  new RemasterError('SOURCE_EMPTY', `${source.path} contains no video frames.`, {
    remedy: 'The recording never started or is truncated; copy the file again.',
    detail,
  });

/** Why a file has no video: by its own bytes, because ffmpeg says it only in its log. */
export async function unreadableMedia(
  binary: FfmpegBinary,
  source: SourceFile,
  media: MediaInfo | null,
  signal: AbortSignal,
): Promise<RemasterError> {
  if (media) return refused(source, 'it has no video stream', 'Choose a file with a video stream.');
  const [empty] = source.sequence?.empty ?? []; // ffmpegs without patterns of alternatives cannot pass over it
  if (empty !== undefined) return refused(source, `${empty} is empty (0 bytes)`, 'Copy the image again, or remove it.');
  const file = source.sequence ? null : await open(source.path, 'r');
  try {
    if (file && isScript(await bytesAt(file, 0, 512)))
      return refused(source, 'it is a playlist or a script, not a video', 'Use the video file itself.');
    if (file && (await endsAfterHeader(file, source.bytes))) return noFrames(source);
    if (file && (await lacksIndex(file, source.bytes)))
      return refused(
        source,
        'its index is missing (the recording or the copy is incomplete)',
        'Copy it again, or repair it with the program that recorded it.',
      );
    if (file && !(await canRead(binary, source.path, signal)))
      return refused(
        source,
        `${binary.path} may not read it, although remaster may`,
        'An ffmpeg from snap can read neither hidden folders in the home folder nor /tmp: move the file to a folder such as Videos, or install another ffmpeg (see REMASTER_FFMPEG).',
      );
    return refused(source, 'ffmpeg does not recognize the format', 'Check that the file is a video.');
  } finally {
    await file?.close();
  }
}

/** Whether ffmpeg can read the first bytes of a file, whatever they are. */
async function canRead(binary: FfmpegBinary, path: string, signal: AbortSignal): Promise<boolean> {
  const input = ['-protocol_whitelist', 'file', '-f', 'data', '-i', `file:${path}`];
  const bytes = await ffmpegOutput(
    binary,
    [...input, '-map', '0', '-c', 'copy', '-frames:d', '1', '-f', 'data', 'pipe:1'],
    signal,
  );
  return bytes.length > 0;
}

/** Why no frame of a video stream can be decoded. */
export async function undecodable(
  binary: FfmpegBinary,
  source: SourceFile,
  { index, codec }: Pick<StreamInfo, 'index' | 'codec'>,
  signal: AbortSignal,
): Promise<RemasterError> {
  const packet = ['-map', `0:${index}`, '-c', 'copy', '-frames:v', '1', '-f', 'framecrc', 'pipe:1'];
  await using reader = runFfmpeg(binary, [...inputOptions(source), ...packet], signal);
  const list = (await collect(reader.stdout)).toString();
  await endOf(reader, signal);
  const crash = reader.killedBy();
  if (crash !== null)
    return refused(
      source,
      `${binary.path} (${binary.version}) crashes when it reads it (${crash})`,
      'Use another ffmpeg: REMASTER_FFMPEG=/path/to/ffmpeg.',
    );
  if (source.sequence) return refused(source, 'ffmpeg cannot decode its first image', 'Check the images.');
  if (!/^0, /m.test(list)) return noFrames(source);
  return refused(
    source,
    `${binary.path} (${binary.version}) cannot decode its video (${codec})`,
    'Check the file in a video player, or use a newer ffmpeg.',
  );
}

const refused = (source: SourceFile, why: string, remedy: string): RemasterError =>
  unreadable(source.path, why, undefined, remedy);

/** Files that make ffmpeg open other files: playlists, descriptions of streams, lists of files. */
const isScript = (start: Buffer): boolean =>
  /^(\xef\xbb\xbf)?\s*(#EXTM3U|ffconcat|file |v=0|<\?xml|<MPD|<smil|\[playlist\]|\[Reference\])/i.test(
    start.toString('latin1'),
  );

/** Whether a Matroska file (RFC 9559) has no cluster, which holds its frames. A larger one has more than a header. */
async function endsAfterHeader(file: FileHandle, bytes: number): Promise<boolean> {
  if (bytes > 2 ** 20) return false;
  const content = await bytesAt(file, 0, bytes);
  return content.indexOf('1a45dfa3', 0, 'hex') === 0 && !content.includes('1f43b675', 0, 'hex');
}

/** Whether an MP4 or MOV file (ISO/IEC 14496-12) has no `moov` box, which its recorder writes at the end. */
async function lacksIndex(file: FileHandle, bytes: number): Promise<boolean> {
  const type = (await bytesAt(file, 4, 4)).toString('latin1');
  if (!/^(ftyp|wide|mdat|free|skip|pnot)$/.test(type)) return false;
  return findMoov(file, bytes).then(
    () => false,
    () => true,
  );
}

async function bytesAt(file: FileHandle, at: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, at);
  return buffer.subarray(0, bytesRead);
}
