import type { FfmpegBinary } from '../../media/findFfmpeg';

/** A camera whose address must not appear in the list of processes. */
interface PlaylistParts {
  /** Options of the playlist. */
  readonly rate: readonly string[];
  readonly protocols: string;
  /** Null: the demuxer opens further ones. */
  readonly formats: string | null;
  /** Options of the entry. */
  readonly own: readonly string[];
  readonly secret: string;
}

/**
 * Opens an address with a password through a playlist on stdin. `option` lines came in the same ffmpeg version as the new
 * name of the RTSP timeout; an older one opens the entry with its defaults, and analyzes it longer.
 */
export function throughPlaylist(
  binary: FfmpegBinary,
  { rate, protocols, formats, own, secret }: PlaylistParts,
): { readonly options: readonly string[]; readonly script: string } {
  const isOld = !binary.hasRtspTimeout;
  const only = formats === null ? [] : ['-format_whitelist', formats];
  const outer = isOld && formats !== null ? ['-format_whitelist', `concat,${formats}`] : [];
  const allowed = ['-protocol_whitelist', `pipe,${protocols}`, ...outer];
  return {
    options: [...rate, '-f', 'concat', '-safe', '0', ...allowed, '-i', 'pipe:0'],
    script: playlist(secret, isOld ? [] : [...own, ...only, ...ENTRY_OPTIONS]),
  };
}

/** Limits how long ffmpeg analyzes the entry of the playlist, as without a playlist. */
const ENTRY_OPTIONS = ['-analyzeduration', '500000', '-fpsprobesize', '0'];

/** A playlist of one entry, opened with its own options. */
function playlist(address: string, options: readonly string[]): string {
  const quoted = (text: string): string => `'${text.trim().replaceAll("'", "'\\''")}'`;
  const lines = Array.from(
    { length: options.length / 2 },
    (_, i) => `option ${options[2 * i]!.slice(1)} ${quoted(options[2 * i + 1]!)}`,
  );
  return ['ffconcat version 1.0', `file ${quoted(address)}`, ...lines, ''].join('\n');
}
