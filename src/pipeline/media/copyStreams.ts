import type { Container } from '../../settings/container';
import type { StreamInfo } from './describe/mediaInfo';
import type { VideoInfo } from './probe';

/**
 * How the streams other than the video are copied: ffmpeg options for the mux, and warnings about those that cannot be
 * copied.
 */
export interface CopiedStreams {
  /** `-map` and `-c` options; the source is input `input` of ffmpeg. */
  readonly options: readonly string[];
  readonly warnings: readonly string[];
}

export function copyStreams(
  info: VideoInfo,
  container: Container,
  audio: 'copy' | 'encode' | 'none',
  extras: boolean,
  input: number,
): CopiedStreams {
  const options: string[] = [];
  const warnings: string[] = [];
  let position = 1; // the video is output stream 0
  const put = (stream: StreamInfo, ...codec: string[]): void => {
    options.push('-map', `${input}:${stream.index}`, `-c:${position}`, ...codec);
    // Language, title, file name: the option for the video's metadata disables ffmpeg's default copying for all streams.
    options.push(`-map_metadata:s:${position}`, `${input}:s:${stream.index}`);
    position++;
  };
  for (const stream of info.media.streams) {
    const name = `${stream.kind} stream ${stream.index} (${stream.codec})`;
    if (stream.index === info.stream) continue;
    else if (stream.kind === 'audio') {
      if (audio === 'none') continue;
      if (audio === 'copy' && supports(AUDIO[container], stream.codec)) put(stream, 'copy');
      else {
        if (audio === 'copy') warnings.push(`${name} is not supported in .${container}; it was encoded as AAC.`);
        put(stream, 'aac', `-b:${position}`, '256k');
      }
    } else if (!extras) continue;
    else if (stream.kind === 'subtitle') {
      const codec = subtitleCodec(stream.codec, container);
      if (codec) put(stream, codec);
      else warnings.push(`${name} is not supported in .${container} and was dropped; an .mkv output keeps it.`);
    } else if (stream.isCoverArt) put(stream, 'copy', `-disposition:${position}`, 'attached_pic');
    else if (stream.kind === 'attachment' && container === 'mkv') put(stream, 'copy');
    else if (stream.kind === 'data' && stream.codec === 'none')
      continue; // a time code track: ffmpeg recreates it from the metadata
    else warnings.push(`${name} was dropped${stream.kind === 'attachment' ? '; an .mkv output keeps it' : ''}.`);
  }
  if (info.pixels.hasAlpha) warnings.push('The transparency of the source was dropped.');
  return { options, warnings };
}

const supports = (list: RegExp, codec: string): boolean => list.test(codec);

const AUDIO: Readonly<Record<Container, RegExp>> = {
  mp4: /^(aac|mp3|mp2|ac3|eac3|alac|opus)$/,
  mov: /^(aac|mp3|mp2|ac3|alac|pcm_\w+)$/,
  mkv: /^(?!wmavoice|none|unknown)/,
};

function subtitleCodec(codec: string, container: Container): string | null {
  const isText = /^(subrip|srt|ass|ssa|webvtt|mov_text|text)$/.test(codec);
  if (container !== 'mkv') return codec === 'mov_text' ? 'copy' : isText ? 'mov_text' : null;
  return codec === 'mov_text' ? 'subrip' : codec === 'eia_608' ? null : 'copy';
}
