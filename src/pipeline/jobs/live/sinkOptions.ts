import { join } from 'node:path';
import { RemasterError } from '../../../errors';
import { parseAddress, withCredentials } from '../../../settings/cameraAddress';
import type { LiveTarget } from '../../../settings/liveJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';

/** Seconds between key frames: what a viewer who comes waits at most, and what a recording loses where it is cut. */
const KEY_FRAME = 1;
/** Seconds of one HLS piece, and how many the list names. */
const HLS_PIECE = 2;
const HLS_LIST = 6;

export type EncodedTarget = Exclude<LiveTarget, { kind: 'pictures' }>;

/** The encoder of live pictures: each is written as soon as it comes, none waits for another. */
export function liveCodec(binary: FfmpegBinary, quality: number | null): string[] {
  if (!binary.encoders.has('libx264')) {
    throw new RemasterError('BAD_SETTING', `${binary.path} (${binary.version}) cannot encode H.264.`, {
      remedy: 'Install an ffmpeg with libx264.',
    });
  }
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-crf', String(quality ?? 23)],
    ...['-pix_fmt', 'yuv420p', '-g', '250', '-force_key_frames', `expr:gte(t,n_forced*${KEY_FRAME})`],
  ];
}

/** Where the encoder writes. `run` numbers the encoders of a job, so that none writes over another's files. */
export function targetOptions(target: EncodedTarget, run: number): string[] {
  switch (target.kind) {
    case 'fragments':
      return ['-f', 'mp4', '-movflags', FRAGMENTED, '-flush_packets', '1', 'pipe:1'];
    case 'hls':
      return [
        ...['-f', 'hls', '-hls_time', String(HLS_PIECE), '-hls_list_size', String(HLS_LIST)],
        ...['-hls_flags', 'delete_segments+independent_segments+temp_file', '-hls_segment_type', 'fmp4'],
        ...['-hls_fmp4_init_filename', `live-${run}-init.mp4`],
        ...['-hls_segment_filename', plainName(join(target.folder, `live-${run}-`), '%d.m4s')],
        ...['-y', `file:${join(target.folder, HLS_PLAYLIST)}`],
      ];
    case 'segments':
      return [
        ...['-f', 'segment', '-segment_time', String(target.seconds), '-segment_format', 'mp4'],
        // A file that is not finished, for the power went, can be played to its last fragment.
        ...['-segment_format_options', `movflags=${FRAGMENTED}`, '-reset_timestamps', '1', '-strftime', '1'],
        ...['-segment_list', 'pipe:1', '-segment_list_type', 'flat', '-segment_list_size', '1'],
        ...['-y', plainName(join(target.folder, `${target.name}_`), '%Y-%m-%d_%H-%M-%S%z.mp4')],
      ];
    case 'push': {
      const url = withCredentials(target.address, target.username, target.password);
      const { scheme } = parseAddress(target.address);
      if (scheme === 'rtsp' || scheme === 'rtsps') return ['-f', 'rtsp', '-rtsp_transport', 'tcp', url];
      if (scheme === 'rtmp' || scheme === 'rtmps') return ['-f', 'flv', '-flvflags', 'no_duration_filesize', url];
      return ['-f', 'mpegts', '-flush_packets', '1', url];
    }
  }
}

const HLS_PLAYLIST = 'index.m3u8';
/** What HLS leaves behind. */
export const isHlsFile = (name: string): boolean =>
  /^(index\.m3u8(\.tmp)?|live-\d+-(init\.mp4|\d+\.m4s)(\.tmp)?)$/.test(name);

/** What `@kevingodell/node-red-mp4frag` wants, and every browser. */
const FRAGMENTED = '+frag_keyframe+empty_moov+default_base_moof';

/** A path before a pattern: its own % mean themselves. */
const plainName = (path: string, pattern: string): string => `${path.replaceAll('%', '%%')}${pattern}`;
