import { join } from 'node:path';
import { parseAddress, withCredentials } from '../../../settings/cameraAddress';
import type { LiveTarget } from '../../../settings/liveJob';

/** Seconds per HLS segment, and the number of segments in the playlist. */
const HLS_SEGMENT = 2;
const HLS_LIST_SIZE = 6;

export type EncodedTarget = Exclude<LiveTarget, { kind: 'pictures' }>;

/**
 * Muxer and output of the encoder. `run` distinguishes the encoders of a job, so that none overwrites another's files.
 */
export function targetOptions(target: EncodedTarget, run: number): string[] {
  switch (target.kind) {
    case 'fragments':
      return ['-f', 'mp4', '-movflags', FRAGMENTED, '-flush_packets', '1', 'pipe:1'];
    case 'hls':
      return [
        ...['-f', 'hls', '-hls_time', String(HLS_SEGMENT), '-hls_list_size', String(HLS_LIST_SIZE)],
        ...['-hls_flags', 'delete_segments+independent_segments+temp_file', '-hls_segment_type', 'fmp4'],
        ...['-hls_fmp4_init_filename', `live-${run}-init.mp4`],
        ...['-hls_segment_filename', escapedPath(join(target.folder, `live-${run}-`), '%d.m4s')],
        ...['-y', `file:${join(target.folder, HLS_PLAYLIST)}`],
      ];
    case 'segments':
      return [
        ...['-f', 'segment', '-segment_time', String(target.seconds), '-segment_format', 'mp4'],
        // After a power failure the unfinished file can be played up to its last fragment.
        ...['-segment_format_options', `movflags=${FRAGMENTED}`, '-reset_timestamps', '1', '-strftime', '1'],
        ...['-segment_list', 'pipe:1', '-segment_list_type', 'flat', '-segment_list_size', '1'],
        ...['-y', escapedPath(join(target.folder, `${target.name}_`), '%Y-%m-%d_%H-%M-%S%z.mp4')],
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
/** The `run` of a file of video that the HLS target has written; NaN: it is none. */
export const hlsStream = (name: string): number =>
  Number(/^live-(\d+)-(init\.mp4|\d+\.m4s)(\.tmp)?$/.exec(name)?.[1] ?? NaN);

/** Files written by the HLS target. */
export const isHlsFile = (name: string): boolean =>
  /^index\.m3u8(\.tmp)?$/.test(name) || !Number.isNaN(hlsStream(name));

/** As required by browsers and `@kevingodell/node-red-mp4frag`. */
const FRAGMENTED = '+frag_keyframe+empty_moov+default_base_moof';

/** Escapes the % signs of a path in front of a pattern. */
const escapedPath = (path: string, pattern: string): string => `${path.replaceAll('%', '%%')}${pattern}`;
