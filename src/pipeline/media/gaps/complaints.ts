import type { Readable } from 'node:stream';
import type { VideoInfo } from '../probe';

/** What ffmpeg complains about while it decodes. It decides nothing alone: versions of ffmpeg differ in it. */
export interface Complaints {
  /** The first ones, at most `MOST_KEPT`. */
  readonly heard: readonly Complaint[];
  /** All of them. */
  count(): number;
  /** Reads the complaints of an ffmpeg. `newest`: the time of the newest frame, in ticks; null before the first. */
  hear(stderr: Readable, newest: () => number | null): void;
}

export interface Complaint {
  /** Seconds of the newest frame, a few frames before or behind the damage; null before the first frame. */
  readonly seconds: number | null;
  readonly text: string;
  /** It is about bytes that were read, not about a frame: where they belong is unknown before the first frame. */
  readonly isOfBytes: boolean;
}

/** So that a file with damage everywhere does not fill the memory. */
const MOST_KEPT = 10_000;

export function complaintsOf({ codec, timeBase }: Pick<VideoInfo, 'codec' | 'timeBase'>): Complaints {
  const heard: Complaint[] = [];
  let count = 0;
  let rest = '';
  /** Of the last complaint; undefined: there is none. */
  let last: number | null | undefined;
  const add = (ticks: number | null, text: string): void => {
    count++;
    last = ticks;
    const seconds = ticks === null ? null : (ticks * timeBase.num) / timeBase.den;
    if (heard.length < MOST_KEPT) heard.push({ seconds, text, isOfBytes: BYTES.test(text) });
  };
  return {
    heard,
    count: () => count,
    hear(stderr, newest) {
      stderr.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        const ticks = newest();
        for (const line of lines) {
          const [, speaker, words] = /^\[([\w,]+) @ \w+\] (.*)$/.exec(line) ?? [];
          // Some decoders do not say themselves that a packet is no frame.
          if (speaker === undefined && UNSAID.test(line) && last !== ticks) add(ticks, line.replace(/^\[.*?\] /, ''));
          if (speaker === undefined && CUT.test(line)) add(ticks, line);
          if (speaker === undefined || OTHERS.test(speaker)) continue;
          // What others say before the first frame is about headers, but for damage in what was read ahead.
          if (ticks !== null || speaker === codec || BYTES.test(words!)) add(ticks, `${speaker}: ${words}`);
        }
      });
    },
  };
}

/** ffmpeg itself of a packet, before and since version 6. */
const UNSAID =
  /^(Error while decoding stream #[\d:]+|\[(vist#[\d:]+\/\w+|dec:\w+) @ \w+\] (Error submitting packet to decoder|Decoding error)): /;

/** Readers, without their name, of a packet behind which the file ends. */
const CUT = /^Truncating packet of size \d+ to \d+/;

/** The checksum of a page of Ogg, and the structure of Matroska and FLV. */
const BYTES = /\bCRC mismatch|\bEBML number|\bexceeds containing master element|\bPacket mismatch|^Truncating packet/;

/** Those who say why there is no hardware decoder, muxers, and parsers, which say the same as decoders. */
const OTHERS = /^(AVHW\w*|hw\w*|cuda|vaapi|vdpau|qsv|vulkan|opencl|drm|rawvideo|framecrc|null)$/i;
