import { existsSync, readdirSync } from 'node:fs';
import type { Hardware, HardwareCodec } from '../../../settings/hardware';

interface Kind {
  /** Names of its encoders. */
  readonly encoders: Readonly<Record<HardwareCodec, string>>;
  /** Where the user finds it. */
  readonly words: string;
  readonly platforms: readonly NodeJS.Platform[];
  /** ffmpeg's pixel format for each format of the result. */
  readonly formats: (codec: HardwareCodec) => Readonly<Record<string, string>>;
  /** Options of the encoder for a constant quality, as CRF. */
  readonly quality: (codec: HardwareCodec, crf: number) => readonly string[];
  /** Options before the input. */
  readonly device: (device: string | null) => readonly string[];
  /** Filters after all others, besides the pixel format. */
  readonly upload: readonly string[];
  /** Options of a camera's encoder: no frame waits for later ones. */
  readonly live: readonly string[];
}

const named = (suffix: string): Kind['encoders'] => ({
  ...{ h264: `h264_${suffix}`, h265: `hevc_${suffix}`, av1: `av1_${suffix}` },
});

/** All encode 8 bits, and none encodes H.264 with 10. */
const usual = (codec: HardwareCodec) => ({ yuv420p: 'nv12', ...(codec !== 'h264' && { yuv420p10le: 'p010le' }) });

const within = (value: number, least: number, most: number): string =>
  String(Math.min(most, Math.max(least, Math.round(value))));

/** Quantisers of AV1 reach to 255, its CRF to 63. */
const quantiser = (codec: HardwareCodec, crf: number): string =>
  codec === 'av1' ? within(4 * crf, 1, 255) : within(crf, 1, 51);

/** All kinds, best first. */
export const KINDS: Readonly<Record<Hardware, Kind>> = {
  nvenc: {
    encoders: named('nvenc'),
    words: 'NVIDIA (NVENC)',
    platforms: ['linux', 'win32'],
    formats: (codec) => ({ ...usual(codec), ...(codec !== 'av1' && { yuv444p: 'yuv444p' }) }),
    quality: (_, crf) => ['-preset', 'p5', '-rc', 'vbr', '-cq', within(crf, 1, 51), '-b:v', '0'],
    device: () => [],
    upload: [],
    live: ['-tune', 'ull', '-bf', '0', '-zerolatency', '1'],
  },
  qsv: {
    encoders: named('qsv'),
    words: 'Intel Quick Sync',
    platforms: ['linux', 'win32'],
    formats: usual,
    quality: (_, crf) => ['-preset', 'medium', '-global_quality', within(crf, 1, 51)],
    device: () => [],
    upload: [],
    live: ['-bf', '0', '-async_depth', '1'],
  },
  vaapi: {
    encoders: named('vaapi'),
    words: 'VA-API',
    platforms: ['linux'],
    formats: usual,
    quality: (codec, crf) => ['-rc_mode', 'CQP', codec === 'av1' ? '-global_quality' : '-qp', quantiser(codec, crf)],
    device: (device) => ['-vaapi_device', device ?? '/dev/dri/renderD128'],
    upload: ['hwupload'],
    live: ['-bf', '0'],
  },
  videotoolbox: {
    encoders: named('videotoolbox'),
    words: 'Apple VideoToolbox',
    platforms: ['darwin'],
    formats: usual,
    // Its quality goes up to 100, for the best; CRF 16 is about 72 of it and 23 about 56.
    quality: (_, crf) => ['-q:v', within(107 - 2.2 * crf, 1, 100), '-allow_sw', '0'],
    device: () => [],
    upload: [],
    live: ['-realtime', '1'],
  },
  amf: {
    encoders: named('amf'),
    words: 'AMD (AMF)',
    platforms: ['win32', 'linux'],
    formats: usual,
    quality: (codec, crf) => {
      const q = quantiser(codec, crf);
      return ['-usage', 'transcoding', '-quality', 'quality', '-rc', 'cqp', '-qp_i', q, '-qp_p', q];
    },
    device: () => [],
    upload: [],
    live: ['-usage', 'ultralowlatency'],
  },
};

/** The devices of a kind that can be chosen; null = its default. */
export function devicesOf(kind: Hardware): readonly (string | null)[] {
  if (kind !== 'vaapi') return [null];
  const folder = '/dev/dri';
  const found = existsSync(folder) ? readdirSync(folder).filter((name) => /^renderD\d+$/.test(name)) : [];
  return found.toSorted().map((name) => `${folder}/${name}`);
}
