import type { ColourTags } from '../colour';
import type { Rational } from '../frame';
import type { PixelFormat } from './pixelFormat';
import type { Speakers } from './speakers';

/** A media file as its container and its decoders describe it; the same whichever program read it. */
export interface MediaInfo {
  /** All of them, by index. */
  readonly streams: readonly StreamInfo[];
  readonly chapters: readonly Chapter[];
  /** Of the container. */
  readonly tags: Tags;
  /** Seconds; null when unknown. */
  readonly duration: number | null;
}

export interface StreamInfo {
  readonly index: number;
  readonly kind: 'video' | 'audio' | 'subtitle' | 'data' | 'attachment' | 'unknown';
  /** ffmpeg's name of the codec; `none` when it has none. */
  readonly codec: string;
  /** A cover image, not a video. */
  readonly isCoverArt: boolean;
  readonly flags: Flags;
  readonly tags: Tags;
  /** Seconds per tick, exact. */
  readonly timeBase: Rational;
  /** Seconds from the start of the file to the first packet; null when unknown. */
  readonly start: number | null;
  /** Of video streams. */
  readonly video: VideoFormat | null;
  /** Of sound; null where nothing says. */
  readonly speakers: Speakers | null;
}

/** What a stream is meant for, in ffmpeg's words; absent: unknown. */
export type Flags = Readonly<Partial<Record<Flag, boolean>>>;

export type Flag = (typeof FLAGS)[number];

export const FLAGS = [
  ...(['default', 'forced', 'hearing_impaired', 'visual_impaired', 'original', 'dub', 'comment'] as const),
  ...(['lyrics', 'karaoke', 'clean_effects'] as const),
] as const;

export interface VideoFormat {
  /** Null when only a decoder knows them. */
  readonly pixels: PixelFormat | null;
  readonly colour: ColourTags;
  /** Null: the file does not say. */
  readonly isInterlaced: boolean | null;
  /** Nominal; null when unknown. */
  readonly framesPerSecond: number | null;
  /** What the file says beside the pixels. */
  readonly sideData: readonly SideData[];
  /** Dolby Vision; null without. */
  readonly dolbyVisionProfile: number | null;
}

/** `mastering` and `light`: HDR10's display and light levels. */
export type SideData = 'mastering' | 'light' | 'dolbyVision' | 'hdr10plus' | 'captions' | 'stereo' | 'spherical';

export interface Chapter {
  /** Seconds. */
  readonly start: number;
  readonly title: string;
}

/** Names in lower case. */
export type Tags = Readonly<Record<string, string>>;

/** The video stream that is restored: the first one that is not a cover image. */
export const mainVideo = ({ streams }: Pick<MediaInfo, 'streams'>): StreamInfo | undefined =>
  streams.find(({ kind, isCoverArt }) => kind === 'video' && !isCoverArt) ??
  streams.find(({ kind }) => kind === 'video');

/** The time code of the first frame, `01:00:00:00`; null without. */
export const timecodeOf = ({ tags, streams }: Pick<MediaInfo, 'tags' | 'streams'>): string | null =>
  [tags, ...streams.map((stream) => stream.tags)].map((each) => each['timecode']).find((code) => code !== undefined) ??
  null;
