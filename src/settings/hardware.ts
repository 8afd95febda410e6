import { choice } from './row';
import { OUTPUT } from './topics';

/** Kinds of hardware that encode video, by the names that ffmpeg uses in its encoders. */
export const HARDWARE = ['nvenc', 'qsv', 'vaapi', 'videotoolbox', 'amf'] as const;

export type Hardware = (typeof HARDWARE)[number];

/** `off`: a software encoder, whose bytes are the same on every machine. `auto`: the first hardware that passes a test. */
export const hardware = choice(['off', 'auto', ...HARDWARE], 'off', {
  text: 'encode on the GPU; auto = if a test shows that it works',
  option: { topic: OUTPUT },
  dialog: { icon: 'microchip', section: 'coding', for: 'file segments hls push fragments' },
});

/** Codecs that hardware encodes. */
export type HardwareCodec = 'h264' | 'h265' | 'av1';

export const isHardwareCodec = (name: string): name is HardwareCodec => ['h264', 'h265', 'av1'].includes(name);
