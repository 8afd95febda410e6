import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import { passthrough } from '../passthrough';
import type { VideoInfo } from '../probe';
import { inputOptions } from '../sourceFile';
import { devicesOf } from './hardwareEncoders';

/** Frames that are compared. */
const FRAMES = 8;
const LIMIT_MS = 20_000;

/** Decoders of hardware by platform, best first: ffmpeg's name, and the devices to choose from. */
const METHODS: Partial<
  Record<NodeJS.Platform, readonly (readonly [name: string, devices: readonly (string | null)[]])[]>
> = {
  linux: [['cuda', [null]], ['vaapi', devicesOf('vaapi')], ['qsv', [null]]], // prettier-ignore
  darwin: [['videotoolbox', [null]]],
  win32: [['cuda', [null]], ['d3d11va', [null]], ['qsv', [null]]], // prettier-ignore
};

/**
 * The options with which hardware decodes a source, before its input. Only hardware whose first frames are those of the
 * software decoder, to the bit, is used; none: no options.
 */
export async function chooseDecoder(
  binary: FfmpegBinary,
  info: VideoInfo,
  signal: AbortSignal,
  methods = METHODS[process.platform] ?? [],
): Promise<readonly string[]> {
  const { source, pixels } = info;
  const format = pixels.chroma === '4:2:0' ? { 8: 'nv12', 10: 'p010le' }[pixels.bitDepth] : undefined;
  if (format === undefined || source.sequence !== null) return [];
  const hashes = async (options: readonly string[], filter: string): Promise<string> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const input = [...options, ...inputOptions(source), '-map', `0:${info.stream}`, '-frames:v', String(FRAMES)];
    const output = ['-vf', filter, ...passthrough(binary), '-f', 'framemd5', 'pipe:1'];
    const text = (await ffmpegOutput(binary, [...input, ...output], limit)).toString();
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).join('\n'); // prettier-ignore
  };
  let own: string | null = null;
  for (const [name, devices] of methods) {
    for (const device of devices) {
      const options = ['-hwaccel', name, ...(device === null ? [] : ['-hwaccel_device', device])];
      // Frames that stay in the hardware until they are downloaded: ffmpeg may not decode them in software instead.
      const kept = [...options, '-hwaccel_output_format', name === 'd3d11va' ? 'd3d11' : name];
      const found = await hashes(kept, `hwdownload,format=${format}`).catch(() => ''); // it takes too long, or is stopped
      signal.throwIfAborted();
      if (found === '') continue;
      own ??= await hashes([], `format=${format}`);
      if (found === own) return options;
    }
  }
  return [];
}
