import type { Rational } from '../frame';
import { namedSpeakers, type Speakers } from './speakers';

/** A stream in the header of ffmpeg's packet list (framecrc). */
export interface ListedStream {
  readonly kind: string;
  readonly codec: string;
  readonly timeBase: Rational;
  /** Pixels, of video. */
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly pixelAspect: Rational | null;
  /** Of sound. */
  readonly speakers: Speakers | null;
}

/** Parses the header: lines such as `#codec_id 0: h264`. */
export function parseListing(text: string): ListedStream[] {
  const fields = [...text.matchAll(/^#(\w+) (\d+): (.*)$/gm)].map(([, name, index, value]) => ({
    ...{ name: name!, index: Number(index), value: value!.trim() },
  }));
  const of = (index: number): Record<string, string> =>
    Object.fromEntries(fields.filter((field) => field.index === index).map(({ name, value }) => [name, value]));
  const count = Math.max(0, ...fields.filter(({ name }) => name === 'tb').map(({ index }) => index + 1));
  return Array.from({ length: count }, (_, index) => streamOf(of(index)));
}

function streamOf(fields: Record<string, string>): ListedStream {
  const [width, height] = (fields['dimensions'] ?? '').split('x').map(Number);
  return {
    kind: fields['media_type'] ?? '',
    codec: fields['codec_id'] ?? 'none',
    timeBase: fraction(fields['tb'])!,
    size: width && height ? { width, height } : null,
    pixelAspect: fraction(fields['sar']),
    speakers: namedSpeakers(fields['channel_layout_name'] ?? ''),
  };
}

/** Null for `0/1`, which means unknown. */
function fraction(text = ''): Rational | null {
  const [num = 0, den = 0] = text.split('/').map(Number);
  return num > 0 && den > 0 ? { num, den } : null;
}
