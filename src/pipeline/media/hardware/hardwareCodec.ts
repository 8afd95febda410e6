import { type Hardware, isHardwareCodec } from '../../../settings/hardware';
import type { Codec } from '../codecs';
import type { FfmpegBinary } from '../findFfmpeg';
import { KINDS } from './hardwareEncoders';

/** A codec on hardware, or why there is none. */
export type HardwareOffer =
  { readonly codec: Codec; readonly why: null } | { readonly codec: null; readonly why: string };

/** The encoder of one kind and device in the place of `software`. It has not been tried. */
export function hardwareCodec(
  { encoders }: Pick<FfmpegBinary, 'encoders'>,
  software: Pick<Codec, 'name' | 'container' | 'pixelFormat'>,
  kind: Hardware,
  device: string | null,
  crf: number,
  platform: NodeJS.Platform = process.platform,
): HardwareOffer {
  const { words, platforms, encoders: names, formats, quality, device: deviceOptions, upload } = KINDS[kind];
  const { name, container, pixelFormat } = software;
  const refuse = (why: string): HardwareOffer => ({ codec: null, why: `${words} ${why}` });
  if (!isHardwareCodec(name)) return refuse(`does not encode ${name}`);
  if (!platforms.includes(platform)) return refuse(`does not exist on ${platform}`);
  const encoder = names[name];
  if (!encoders.has(encoder)) return refuse(`is not in this ffmpeg (no ${encoder})`);
  const format = formats(name)[pixelFormat];
  if (format === undefined) return refuse(`does not encode ${name} in ${pixelFormat}`);
  const options = ['-c:v', encoder, ...quality(name, crf)];
  const filters = [`format=${format}`, ...upload];
  return {
    codec: { name, encoder, container, pixelFormat, options, device: deviceOptions(device), filters },
    why: null,
  };
}
