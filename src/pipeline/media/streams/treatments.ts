import type { Container } from '../../../settings/container';
import type { MediaInfo, StreamInfo } from '../describe/mediaInfo';

/** One way to carry a stream of the source into the output. */
export interface Treatment {
  /** `copy`; an encoder of ffmpeg; or `attach`: the image becomes an attachment. */
  readonly codec: string;
  /** What the viewer gets, where it is not the same: `AAC`. */
  readonly becomes: string | null;
}

/** What the user wants of the streams besides the video. */
export interface Wanted {
  readonly audio: 'copy' | 'encode' | 'none';
  /** Subtitles, chapters, covers, attachments, data, metadata. */
  readonly extras: boolean;
}

const COPY: Treatment = { codec: 'copy', becomes: null };
const AAC: Treatment = { codec: 'aac', becomes: 'AAC' };

/**
 * How a stream may be carried, best first; whether it works is tried. Empty: it cannot be. Null: it is not wanted, or the
 * muxer writes it anew.
 */
export function treatmentsOf(
  stream: StreamInfo,
  media: MediaInfo,
  container: Container,
  { audio, extras }: Wanted,
): readonly Treatment[] | null {
  if (stream.kind === 'audio') return audio === 'none' ? null : audioTreatments(stream, container, audio);
  if (!extras || isWrittenAnew(stream, media)) return null;
  if (stream.kind === 'subtitle') return subtitleTreatments(stream.codec, container);
  if (stream.isCoverArt) return container === 'mkv' ? [{ codec: 'attach', becomes: null }] : [COPY];
  if (stream.kind === 'attachment') return container === 'mkv' ? [COPY] : [];
  return stream.kind === 'data' ? [COPY] : [];
}

/** Tracks that ffmpeg makes from metadata: time codes, and the text of chapters in MP4 and MOV. */
const isWrittenAnew = ({ kind, codec, tags }: StreamInfo, { chapters }: MediaInfo): boolean =>
  kind === 'data' && ('timecode' in tags || (codec === 'bin_data' && chapters.length > 0));

function audioTreatments(
  { codec, timeBase }: StreamInfo,
  container: Container,
  audio: 'copy' | 'encode',
): readonly Treatment[] {
  if (audio === 'encode') return [AAC];
  // Matroska, which counts milliseconds, does not say how long the last packet of ALAC lasts: MP4 would drop it.
  const isEndless = codec === 'alac' && timeBase.den === 1000 && container !== 'mkv';
  if (isEndless) return [{ codec: 'alac', becomes: null }, AAC];
  const copied = COPIED_AUDIO[container].test(codec) ? [COPY] : [];
  const float = container === 'mkv' && /^pcm_f(32|64)be$/.test(codec) ? [floatPcm(codec)] : [];
  const unchanged = LOSSLESS.test(codec) && !codec.startsWith('pcm_f') ? UNCHANGED[container] : [];
  return [...copied, ...float, ...unchanged, AAC];
}

/** FLAC holds integers only, and would clip. */
const floatPcm = (codec: string): Treatment => ({ codec: codec.replace('be', 'le'), becomes: null });

/** Codecs that players of the container can play. */
const COPIED_AUDIO: Readonly<Record<Container, RegExp>> = {
  mp4: /^(aac|mp3|mp2|ac3|eac3|alac|opus)$/,
  mov: /^(aac|mp3|mp2|ac3|alac|pcm_[suf]\d+[lb]e|pcm_[su]8|pcm_alaw|pcm_mulaw)$/,
  mkv: /^(?!wmavoice|none|unknown|pcm_(dvd|bluray))/,
};

const LOSSLESS = /^(pcm_\w+|s302m|flac|alac|tta|wavpack|mlp|truehd|ape|tak|shorten|wmalossless|ralf)$/;

/** The lossless codec of each container; of MP4, most players play none. */
const UNCHANGED: Readonly<Record<Container, readonly Treatment[]>> = {
  mp4: [],
  mov: [{ codec: 'pcm_s24le', becomes: '24-bit PCM' }],
  mkv: [{ codec: 'flac', becomes: 'FLAC (lossless)' }],
};

function subtitleTreatments(codec: string, container: Container): readonly Treatment[] {
  if (BITMAPS.test(codec)) return container === 'mkv' ? [COPY, { codec: 'dvdsub', becomes: 'DVD subtitles' }] : [];
  const text: Treatment = {
    codec: container === 'mkv' ? 'subrip' : 'mov_text',
    becomes: /^(ass|ssa|webvtt)$/.test(codec) ? 'text without its styles' : null,
  };
  const isCopied = container === 'mkv' ? !/^(mov_text|eia_608|text|dvb_teletext)$/.test(codec) : codec === 'mov_text';
  return isCopied ? [COPY, text] : [text];
}

const BITMAPS = /^(dvd_subtitle|dvb_subtitle|hdmv_pgs_subtitle|xsub)$/;
