import { RemasterError } from '../../../errors';
import { HARDWARE } from '../../../settings/hardware';
import type { LiveJob } from '../../../settings/liveJob';
import type { Codec } from '../../media/codecs';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { hardwareCodec } from '../../media/hardware/hardwareCodec';
import { devicesOf, KINDS } from '../../media/hardware/hardwareEncoders';
import { probeEncoder } from '../../media/hardware/probeEncoder';

/** Seconds between key frames: the longest wait of a new viewer, and the most a recording loses at a cut. */
const KEY_FRAME = 1;
const KEY_FRAMES = ['-g', '250', '-force_key_frames', `expr:gte(t,n_forced*${KEY_FRAME})`];
/** Constant quality of a stream. */
const QUALITY = 23;

type Settings = Pick<LiveJob, 'quality' | 'hardware'>;

/** The encoder of a stream: without frame reordering or lookahead. */
export type LiveCodec = Pick<Codec, 'encoder' | 'options' | 'device' | 'filters'>;

/** x264. Errors: BAD_SETTING where this ffmpeg has none. */
export function softwareCodec({ path, version, encoders }: FfmpegBinary, quality: number | null): LiveCodec {
  if (!encoders.has('libx264')) {
    throw new RemasterError('BAD_SETTING', `${path} (${version}) cannot encode H.264.`, {
      remedy: 'Install an ffmpeg with libx264.',
    });
  }
  const crf = ['-crf', String(quality ?? QUALITY)];
  const options = ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', ...crf, '-pix_fmt', 'yuv420p'];
  return { encoder: 'libx264', options: [...options, ...KEY_FRAMES], device: [], filters: [] };
}

/** Hardware that passes a test at this size where the settings want it, else x264. Errors: BAD_SETTING, also for named hardware that fails. */
export async function liveCodec(
  binary: FfmpegBinary,
  { quality, hardware }: Settings,
  size: { readonly width: number; readonly height: number },
  signal: AbortSignal,
): Promise<LiveCodec> {
  const refused: string[] = [];
  for (const kind of hardware === 'off' ? [] : hardware === 'auto' ? HARDWARE : [hardware]) {
    for (const device of devicesOf(kind)) {
      const target = { name: 'h264', container: 'mp4', pixelFormat: 'yuv420p' } as const;
      const { codec, why } = hardwareCodec(binary, target, kind, device, quality ?? QUALITY);
      if (codec === null) {
        refused.push(why);
        continue;
      }
      const live = { ...codec, options: [...codec.options, ...KINDS[kind].live, ...KEY_FRAMES] };
      const fault = await probeEncoder(binary, live, size, signal);
      if (fault === null) return live;
      refused.push(`${codec.encoder}: ${fault}`);
    }
  }
  if (hardware === 'off' || hardware === 'auto') return softwareCodec(binary, quality);
  throw new RemasterError(
    'BAD_SETTING',
    `The hardware encoder ${hardware} cannot be used: ${refused.join('; ') || 'no device was found'}.`,
    { remedy: 'Choose hardware auto, which uses software where no hardware works, or off.' },
  );
}
