import { RemasterError } from '../../../errors';
import { HARDWARE, type Hardware, isHardwareCodec } from '../../../settings/hardware';
import type { Job } from '../../../settings/restoreJob';
import { type Codec, type CodecTarget, qualityOf, resolveCodec } from '../codecs';
import type { FfmpegBinary } from '../findFfmpeg';
import { hardwareCodec, type HardwareOffer } from './hardwareCodec';
import { devicesOf } from './hardwareEncoders';
import { probeEncoder } from './probeEncoder';

type Settings = Pick<Job, 'codec' | 'encoder' | 'quality' | 'pixelFormat' | 'hardware'>;

/** The encoder of an output, and why it is no hardware where that was wanted. */
export interface ChosenCodec {
  readonly codec: Codec;
  readonly warnings: readonly string[];
}

/**
 * Chooses the encoder. Hardware is used only where the settings want it and it has passed a test; `auto` falls back to
 * software with a warning. `before`: `codecKey` of the encoder that a job is continued with, which is tried first.
 * Errors: BAD_SETTING, also for named hardware that fails; FRAME_TOO_LARGE.
 */
export async function chooseCodec(
  binary: FfmpegBinary,
  settings: Settings,
  target: CodecTarget,
  signal: AbortSignal,
  before: string | null = null,
): Promise<ChosenCodec> {
  const { hardware, codec: name } = settings;
  const usual = resolveCodec(binary, settings, target);
  const other = before === null ? usual : resolveCodec(binary, settings, { ...target, isQuick: !target.isQuick });
  const software = codecKey(other) === before ? other : usual;
  const isKept = codecKey(software) === before;
  if (hardware === 'off' || (hardware === 'auto' && (isKept || !isHardwareCodec(name))))
    return { codec: software, warnings: [] };
  const refused: string[] = [];
  const offers = placesOf(hardware === 'auto' ? HARDWARE : [hardware]).map(({ kind, device }) => ({
    ...hardwareCodec(binary, usual, kind, device, qualityOf(settings)),
    device,
  }));
  const isBefore = ({ codec }: HardwareOffer): boolean => codec !== null && codecKey(codec) === before;
  for (const { codec, why, device } of offers.toSorted((a, b) => Number(isBefore(b)) - Number(isBefore(a)))) {
    if (codec === null) refused.push(why);
    else {
      const fault = await probeEncoder(binary, codec, target, signal);
      if (fault === null) return { codec, warnings: [] };
      refused.push(`${codec.encoder}${device === null ? '' : ` on ${device}`}: ${fault}`);
    }
  }
  if (hardware !== 'auto') throw unusable(hardware, name, refused);
  const why = `No hardware encodes ${name} here, so ${software.encoder} did: ${refused.join('; ')}.`;
  return { codec: software, warnings: [why] };
}

const placesOf = (kinds: readonly Hardware[]): { readonly kind: Hardware; readonly device: string | null }[] =>
  kinds.flatMap((kind) => devicesOf(kind).map((device) => ({ kind, device })));

/** Names what decides the bytes of an encoder: the device does not. */
export const codecKey = ({ options, pixelFormat }: Codec): string => [...options, pixelFormat].join(' ');

const unusable = (hardware: Hardware, codec: string, refused: readonly string[]): RemasterError =>
  new RemasterError(
    'BAD_SETTING',
    `The hardware encoder ${hardware} cannot be used for ${codec}: ${refused.join('; ') || 'no device was found'}.`,
    { remedy: 'Choose hardware auto, which uses software where no hardware works, or off.' },
  );
