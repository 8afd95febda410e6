import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { RemasterError } from '../../../errors';
import { type Address, parseAddress, type Scheme, withCredentials } from '../../../settings/cameraAddress';
import type { LiveInput } from '../../../settings/liveJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { throughPlaylist } from './cameraPlaylist';

/** How ffmpeg opens a camera. */
export interface InputOptions {
  readonly options: readonly string[];
  /**
   * Written to ffmpeg's stdin: the address with its password, which would be visible to all users in the process list.
   */
  readonly script: string | null;
}

/**
 * The options that open this camera in ffmpeg, and nothing else. Resolves the host name for an ffmpeg that crashes on
 * names.
 */
export async function cameraInput(binary: FfmpegBinary, input: LiveInput): Promise<InputOptions> {
  switch (input.kind) {
    case 'pattern':
      return plain('-re', '-f', 'lavfi', '-i', `testsrc2=size=${input.size}:rate=${input.rate}`);
    case 'device':
      return plain(...deviceOptions(input, process.platform));
    case 'address':
      return addressOptions(binary, input, await resolveHost(binary, parseAddress(input.address)));
  }
}

const plain = (...options: string[]): InputOptions => ({ options, script: null });

/** A camera of this machine, through the capture API of its operating system. */
export function deviceOptions(
  { device, size, rate }: Extract<LiveInput, { kind: 'device' }>,
  platform: NodeJS.Platform,
): string[] {
  const format = [
    ...(size === null ? [] : ['-video_size', size]),
    ...(rate === null ? [] : ['-framerate', String(rate)]),
  ];
  if (platform === 'win32') return ['-f', 'dshow', ...format, '-i', `video=${device.replaceAll(':', '\\:')}`];
  if (platform === 'darwin') return ['-f', 'avfoundation', ...format, '-i', `${device.replaceAll(':', '\\:')}:none`];
  if (!/^\/dev\/[\w./-]+$/.test(device) || device.includes('..')) {
    throw new RemasterError('BAD_SETTING', 'The camera device must be a path such as /dev/video0.', {
      remedy: 'List the devices with v4l2-ctl --list-devices.',
    });
  }
  return ['-f', 'v4l2', ...format, '-i', device];
}

interface ResolvedAddress {
  readonly address: Address;
  /** As in the setting, or with an IP address in place of the host name. */
  readonly url: string;
}

/**
 * An ffmpeg that crashes on host names gets IP addresses. TLS needs the name for its certificate, so it is rejected
 * there.
 */
async function resolveHost(binary: FfmpegBinary, address: Address): Promise<ResolvedAddress> {
  const { host, scheme } = address;
  if (!binary.crashesOnNames || host === '' || isIP(host) !== 0) return { address, url: address.address };
  if (/^(https|rtsps|rtmps)$/.test(scheme)) {
    throw new RemasterError(
      'BAD_SETTING',
      `ffmpeg ${binary.version} cannot open ${scheme}: addresses with a host name.`,
      {
        remedy: 'Install ffmpeg (Debian: apt-get install ffmpeg), or use the IP address of the host.',
      },
    );
  }
  const found = await lookup(host).catch((cause: unknown) => {
    throw new RemasterError('SOURCE_NOT_FOUND', `Cannot resolve host ${host}.`, {
      remedy: 'Check the address, or use the IP address of the host.',
      cause,
    });
  });
  const ip = found.family === 6 ? `[${found.address}]` : found.address;
  return { address, url: address.address.replace(`//${host}`, `//${ip}`) };
}

function addressOptions(
  binary: FfmpegBinary,
  { transport, username, password }: Extract<LiveInput, { kind: 'address' }>,
  { address, url }: ResolvedAddress,
): InputOptions {
  const rules = BY_SCHEME[address.scheme];
  const isHls = rules.kind === 'http' && /\.m3u8$/i.test(address.address.replace(/[?#].*$/, ''));
  const isNumbered = url !== address.address && rules.kind === 'http';
  const secret = withCredentials(url, username, password);
  const own = [
    // Unbuffered input arrives one frame earlier. The bundled ffmpeg (2018) finds no stream that way.
    ...(address.scheme === 'tcp' && binary.hasRtspTimeout ? ['-avioflags', 'direct'] : []),
    ...(rules.kind === 'rtsp' ? rtspOptions(binary, transport) : []),
    ...(isNumbered ? ['-headers', `Host: ${/\/\/([^/?#]*)/.exec(address.address)![1]!}\r\n`] : []),
  ];
  const readRate = isHls ? ['-re'] : []; // its segments are downloaded at once; -re plays them at their frame rate
  const isSecret = secret !== url || (url.includes('?') && !/^(udp|tcp)$/.test(address.scheme)); // a query may hold a token
  if (isSecret) {
    if (isNumbered && !binary.hasRtspTimeout) throw notHidden(binary, address);
    const formats = rules.kind === 'rtsp' ? null : isHls ? HLS_FORMATS : rules.formats;
    return throughPlaylist(binary, { rate: readRate, protocols: rules.protocols, formats, own, secret });
  }
  return {
    options: [
      ...readRate,
      ...['-protocol_whitelist', rules.protocols],
      ...own,
      ...(isHls ? ['-f', 'hls'] : rules.format),
      ...['-i', url],
    ],
    script: null,
  };
}

/** It would have to be told the name of the host beside the number, which only its command line can. */
const notHidden = (binary: FfmpegBinary, { scheme, host }: Address): RemasterError =>
  new RemasterError(
    'BAD_SETTING',
    `ffmpeg ${binary.version} would show the password or token of ${scheme}://${host} to all users of this machine.`,
    { remedy: 'Install a newer ffmpeg (Debian: apt-get install ffmpeg), or use the IP address of the host.' },
  );

/** Microseconds until ffmpeg's own RTSP timeout, if the frame watchdog has not stopped ffmpeg before. */
const RTSP_TIMEOUT = '10000000';

const rtspOptions = (binary: FfmpegBinary, transport: 'auto' | 'tcp' | 'udp'): string[] => [
  ...(transport === 'auto' ? ['-rtsp_flags', 'prefer_tcp'] : ['-rtsp_transport', transport]),
  ...[binary.hasRtspTimeout ? '-timeout' : '-stimeout', RTSP_TIMEOUT],
];

interface Rules {
  readonly kind: 'rtsp' | 'http' | 'stream';
  /** Protocols ffmpeg may open; never `file`. */
  readonly protocols: string;
  /** Demuxers ffmpeg may use, and the options that say so. */
  readonly formats: string;
  readonly format: readonly string[];
}

/** Demuxers for HTTP. Playlists, which name other addresses, are excluded, except HLS by its file extension. */
const HTTP_FORMATS =
  'mpjpeg,mjpeg,jpeg_pipe,mpegts,mpegvideo,flv,live_flv,h264,hevc,matroska,webm,mov,mp4,ogg,asf,nut,yuv4mpegpipe';

/** HLS and the formats of its segments. */
const HLS_FORMATS = 'hls,mpegts,mov,mp4,aac,webvtt';

const over = (kind: Rules['kind'], protocols: string, formats: string, ...format: string[]): Rules => ({
  kind,
  protocols,
  formats,
  format: format.length === 0 ? ['-format_whitelist', formats] : format,
});

const BY_SCHEME: Readonly<Record<Scheme, Rules>> = {
  rtsp: over('rtsp', 'rtsp,rtp,udp,tcp', 'rtsp', '-f', 'rtsp'),
  rtsps: over('rtsp', 'rtsp,rtp,udp,tcp,tls', 'rtsp', '-f', 'rtsp'),
  http: over('http', 'http,https,tcp,tls,httpproxy,crypto', HTTP_FORMATS),
  https: over('http', 'http,https,tcp,tls,httpproxy,crypto', HTTP_FORMATS),
  tcp: over('stream', 'tcp', 'mpegts', '-f', 'mpegts'),
  udp: over('stream', 'udp,rtp', 'mpegts', '-f', 'mpegts'),
  srt: over('stream', 'srt,udp', 'mpegts', '-f', 'mpegts'),
  rtmp: over('stream', 'rtmp,rtmpt,tcp,http', 'flv', '-f', 'flv'),
  rtmps: over('stream', 'rtmps,rtmp,tls,tcp', 'flv', '-f', 'flv'),
};
