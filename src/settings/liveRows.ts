import { choice, group, number, path, text, whole } from './row';

const username = text(0, 1024, null, { text: 'user name', unset: 'none' });
const password = text(0, 1024, null, { text: 'password', unset: 'none' });

/** Kinds of sources of live frames, and their settings. */
export const INPUTS = {
  address: {
    /** Without user name and password. */
    address: text(1, 2048, undefined, { text: 'address of the camera' }),
    username,
    password,
    /** RTSP transport; `auto`: TCP if the camera supports it, otherwise UDP. */
    transport: choice(['auto', 'tcp', 'udp'], 'auto', {
      text: 'RTSP transport',
      dialog: { icon: 'exchange', section: 'source', for: 'address' },
    }),
  },
  device: {
    /** `/dev/video0` on Linux, a device name on other systems. */
    device: text(1, 1024, undefined, { text: 'device' }),
    /** `1280x720`; null = the device's default. */
    size: text(1, 11, null, { text: 'frame size', unset: 'of the device' }),
    /** Frames per second; null = the device's default. */
    rate: number(0.1, 1000, null, { text: 'frame rate', unset: 'of the device' }),
  },
  /** A generated test pattern. */
  pattern: {
    size: text<string>(1, 11, '320x180', { text: 'frame size' }),
    rate: number(0.1, 240, 10, { text: 'frame rate' }),
  },
} as const;

/** The source of a live job, besides its input. */
export const SOURCE_ROWS = {
  /** Name to display; contains no credentials. */
  label: text(0, 1024, undefined, { text: 'name of the camera' }),
  /** Seconds before the first reconnect attempt; the delay doubles up to `retryMax`. */
  retryMin: number(0.1, 3600, 1, { text: 'first reconnect delay' }),
  retryMax: number(0.1, 3600, 3, { text: 'longest reconnect delay' }),
  /** Seconds without a frame after which the connection is closed. */
  stall: number(1, 600, 5, {
    text: 'stall timeout',
    dialog: { icon: 'heartbeat', section: 'connection', for: 'address device pattern' },
  }),
} as const;

/** Kinds of outputs of a live job, besides the JPEGs that can always be requested. */
export const TARGETS = {
  /** JPEGs only. */
  pictures: {},
  /** Fragmented MP4, delivered to `onFragment`. */
  fragments: {},
  hls: { folder: path(undefined, { text: 'folder of the playlist' }) },
  segments: {
    folder: path(undefined, { text: 'folder of the recordings' }),
    /** Prefix of the file names; the time follows. */
    name: text(1, 223, undefined, { text: 'prefix of the file names' }),
    /** Length of one file. */
    seconds: whole(2, 86_400, 300, {
      text: 'length of one recording in seconds',
      dialog: { icon: 'scissors', section: 'live', for: 'segments' },
    }),
    /** Limits on the kept files; the oldest are deleted first. */
    keep: group(
      {
        count: whole(1, 1_000_000, null, { text: 'most files', unset: 'no limit' }),
        hours: number(0.01, 1_000_000, null, { text: 'oldest file', unset: 'no limit' }),
        /** In dialogs gigabytes. */
        bytes: whole(1_000_000, 1e15, null, { text: 'total size', unset: 'no limit', unitSize: 1e9 }),
      },
      { count: null, hours: null, bytes: null },
      () => null,
      { text: 'limits on the kept files' },
    ),
  },
  push: {
    /** `rtsp:`, `rtmp:`, `srt:`, `udp:` or `tcp:`, without user name and password. */
    address: text(1, 2048, undefined, { text: 'address of the server' }),
    username,
    password,
  },
} as const;
