import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { RemasterError } from '../../../errors';
import { type Address, parseAddress, type Scheme, withCredentials } from '../../../settings/cameraAddress';
import type { LiveInput } from '../../../settings/liveJob';
import type { FfmpegBinary } from '../../media/findFfmpeg';

/** How ffmpeg opens a camera. */
export interface InputOptions {
  readonly options: readonly string[];
  /** Goes to ffmpeg's stdin: the address with its password, which every user of the machine could read in the process list. */
  readonly script: string | null;
}

/** The options that open this camera in ffmpeg, and nothing else. Looks names up for an ffmpeg that would crash on them. */
export async function cameraInput(binary: FfmpegBinary, input: LiveInput): Promise<InputOptions> {
  switch (input.kind) {
    case 'pattern':
      return plain('-re', '-f', 'lavfi', '-i', `testsrc2=size=${input.size}:rate=${input.rate}`);
    case 'device':
      return plain(...deviceOptions(input, process.platform));
    case 'address':
      return addressOptions(binary, input, await reachable(binary, parseAddress(input.address)));
  }
}

const plain = (...options: string[]): InputOptions => ({ options, script: null });

/** A camera on this machine, for each system's own door to it. */
export function deviceOptions(
  { device, size, rate }: Extract<LiveInput, { kind: 'device' }>,
  platform: NodeJS.Platform,
): string[] {
  const wish = [
    ...(size === null ? [] : ['-video_size', size]),
    ...(rate === null ? [] : ['-framerate', String(rate)]),
  ];
  if (platform === 'win32') return ['-f', 'dshow', ...wish, '-i', `video=${device.replaceAll(':', '\\:')}`];
  if (platform === 'darwin') return ['-f', 'avfoundation', ...wish, '-i', `${device.replaceAll(':', '\\:')}:none`];
  if (!/^\/dev\/[\w./-]+$/.test(device) || device.includes('..')) {
    throw new RemasterError('BAD_SETTING', 'The device is not the path of a camera.', {
      remedy: 'Write it as /dev/video0; v4l2-ctl --list-devices says which there are.',
    });
  }
  return ['-f', 'v4l2', ...wish, '-i', device];
}

interface Reachable {
  readonly address: Address;
  /** As in the setting, or with a number in place of the name. */
  readonly url: string;
}

/** An ffmpeg that crashes on names gets numbers; encrypted connections need the name, so they are refused. */
async function reachable(binary: FfmpegBinary, address: Address): Promise<Reachable> {
  const { host, scheme } = address;
  if (!binary.crashesOnNames || host === '' || isIP(host) !== 0) return { address, url: address.address };
  if (/^(https|rtsps|rtmps)$/.test(scheme)) {
    throw new RemasterError(
      'BAD_SETTING',
      `This ffmpeg (${binary.version}) cannot open ${scheme}: addresses by name.`,
      {
        remedy: 'Install ffmpeg (Debian: apt-get install ffmpeg), or write the number of the host.',
      },
    );
  }
  const found = await lookup(host).catch((cause: unknown) => {
    throw new RemasterError('SOURCE_NOT_FOUND', `The name ${host} is not known on this network.`, {
      remedy: 'Check the address, or write the number of the host.',
      cause,
    });
  });
  const number = found.family === 6 ? `[${found.address}]` : found.address;
  return { address, url: address.address.replace(`//${host}`, `//${number}`) };
}

function addressOptions(
  binary: FfmpegBinary,
  { transport, username, password }: Extract<LiveInput, { kind: 'address' }>,
  { address, url }: Reachable,
): InputOptions {
  const rules = BY_SCHEME[address.scheme];
  const isHls = rules.kind === 'http' && /\.m3u8$/i.test(address.address.replace(/[?#].*$/, ''));
  const isNumbered = url !== address.address && rules.kind === 'http';
  const secret = withCredentials(url, username, password);
  const own = [
    // Read as it comes: one picture sooner. The ffmpeg of 2018 finds no stream then.
    ...(address.scheme === 'tcp' && binary.hasRtspTimeout ? ['-avioflags', 'direct'] : []),
    ...(rules.kind === 'rtsp' ? rtspOptions(binary, transport) : []),
    ...(isNumbered ? ['-headers', `Host: ${address.host}\r\n`] : []),
  ];
  const pace = isHls ? ['-re'] : []; // its pieces come all at once; they are to be shown at the pace they were filmed in
  const isSecret = secret !== url || (url.includes('?') && !/^(udp|tcp)$/.test(address.scheme)); // tokens stand there
  // A playlist of one entry. Its `option` lines came with the RTSP option's new name.
  if (isSecret && binary.hasRtspTimeout) {
    const formats = rules.kind === 'rtsp' ? [] : ['-format_whitelist', isHls ? HLS_FORMATS : rules.formats];
    return {
      options: [
        ...pace,
        ...['-f', 'concat', '-safe', '0', '-protocol_whitelist', `pipe,${rules.protocols}`, '-i', 'pipe:0'],
      ],
      script: playlist(secret, [...own, ...formats, ...INSIDE]),
    };
  }
  return {
    options: [
      ...pace,
      ...['-protocol_whitelist', rules.protocols],
      ...own,
      ...(isHls ? ['-f', 'hls'] : rules.format),
      ...['-i', secret],
    ],
    script: null,
  };
}

/** How long ffmpeg looks at what a playlist leads to: as it would without one. */
const INSIDE = ['-analyzeduration', '500000', '-fpsprobesize', '0'];

/** A playlist of one entry, opened with its own options. */
function playlist(address: string, options: readonly string[]): string {
  const quoted = (text: string): string => `'${text.trim().replaceAll("'", "'\\''")}'`;
  const lines = Array.from(
    { length: options.length / 2 },
    (_, i) => `option ${options[2 * i]!.slice(1)} ${quoted(options[2 * i + 1]!)}`,
  );
  return ['ffconcat version 1.0', `file ${quoted(address)}`, ...lines, ''].join('\n');
}

/** Microseconds until RTSP gives up by itself, if our own watch over the pictures has not ended it before. */
const RTSP_TIMEOUT = '10000000';

const rtspOptions = (binary: FfmpegBinary, transport: 'auto' | 'tcp' | 'udp'): string[] => [
  ...(transport === 'auto' ? ['-rtsp_flags', 'prefer_tcp'] : ['-rtsp_transport', transport]),
  ...[binary.hasRtspTimeout ? '-timeout' : '-stimeout', RTSP_TIMEOUT],
];

interface Rules {
  readonly kind: 'rtsp' | 'http' | 'stream';
  /** What ffmpeg may open on the way; `file` is never among them. */
  readonly protocols: string;
  /** What it may be, and how to say so. */
  readonly formats: string;
  readonly format: readonly string[];
}

/** What a camera may send over HTTP. Scripts that name other addresses are not among them, but for HLS, by its ending. */
const HTTP_FORMATS =
  'mpjpeg,mjpeg,jpeg_pipe,mpegts,mpegvideo,flv,live_flv,h264,hevc,matroska,webm,mov,mp4,ogg,asf,nut,yuv4mpegpipe';

/** HLS, and what its pieces may be. */
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
