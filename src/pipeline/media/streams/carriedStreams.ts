import type { Container } from '../../../settings/container';
import type { StreamInfo } from '../describe/mediaInfo';
import type { Treatment } from './treatments';

/** A stream of the source, and how it gets into the output. */
export interface CarriedStream {
  readonly stream: StreamInfo;
  readonly treatment: Treatment;
  /** The file to attach, for `attach`. */
  readonly file?: string;
}

/**
 * The options that carry the streams, after the video, which is output stream 0. `input`: number of the source among the
 * inputs of ffmpeg. `firstOnly`: only the first packet of each. `fromZero`: sound that is encoded begins at time 0.
 */
export function streamOptions(
  carried: readonly CarriedStream[],
  container: Container,
  input: number,
  firstOnly: boolean,
  fromZero = false,
): string[] {
  const attached = carried.filter(({ treatment }) => treatment.codec === 'attach');
  const mapped = carried.filter(({ treatment }) => treatment.codec !== 'attach');
  return [
    ...mapped.flatMap((each, i) => [
      ...mapOptions(each, i + 1, input, firstOnly),
      ...(fromZero && each.stream.kind === 'audio' && each.treatment.codec !== 'copy'
        ? [`-filter:${i + 1}`, 'atrim=start=0']
        : []),
      ...(container === 'mov' ? quickTimeLanguage(each.stream, i + 1) : []),
    ]),
    // ffmpeg appends attachments to the streams that are mapped.
    ...attached.flatMap(({ file, stream }, i) => attachOptions(file!, stream, mapped.length + 1 + i)),
  ];
}

function mapOptions(
  { stream, treatment: { codec } }: CarriedStream,
  position: number,
  input: number,
  firstOnly: boolean,
): string[] {
  return [
    ...['-map', `${input}:${stream.index}`, `-c:${position}`, codec],
    ...(codec === 'aac' ? [`-b:${position}`, '256k'] : []),
    ...(firstOnly && stream.kind !== 'attachment' ? [`-frames:${position}`, '1'] : []),
    // Language, title, file name: the option for the video's metadata disables ffmpeg's default copying for all streams.
    ...[`-map_metadata:s:${position}`, `${input}:s:${stream.index}`],
    ...(stream.isCoverArt ? [`-disposition:${position}`, 'attached_pic'] : []),
  ];
}

/** ffmpeg writes the language of a QuickTime track only under the name that QuickTime had for it. */
function quickTimeLanguage({ tags }: StreamInfo, position: number): string[] {
  const name = QUICKTIME_NAMES[tags['language'] ?? ''];
  return name === undefined ? [] : [`-metadata:s:${position}`, `language=${name}`];
}

/** Languages with two names: one that ffmpeg's list of QuickTime languages does not have, and the one that it has. */
const QUICKTIME_NAMES: Readonly<Record<string, string>> = {
  ...{ deu: 'ger', nld: 'dut', ell: 'gre', isl: 'ice', zho: 'chi', sqi: 'alb', rum: 'ron', fas: 'per', mya: 'bur' },
  ...{ fre: 'fra', cze: 'ces', slo: 'slk', hye: 'arm', kat: 'geo', bod: 'tib', msa: 'may', cym: 'wel', eus: 'baq' },
  ...{ mkd: 'mac', swe: 'sve', hrv: 'hr ', srp: 'sr ', fao: 'fo ' },
};

/** Whether both name the same language. */
export const isSameLanguage = (a: string, b: string): boolean =>
  (QUICKTIME_NAMES[a] ?? a) === (QUICKTIME_NAMES[b] ?? b);

/** Images of covers as files: extension and type. */
const COVERS: Readonly<Record<string, readonly [string, string]>> = {
  mjpeg: ['jpg', 'image/jpeg'],
  png: ['png', 'image/png'],
  bmp: ['bmp', 'image/bmp'],
  gif: ['gif', 'image/gif'],
  webp: ['webp', 'image/webp'],
};

/** Null for an image that cannot be attached. */
export const coverExtension = ({ codec }: StreamInfo): string | null => COVERS[codec]?.[0] ?? null;

function attachOptions(file: string, { codec, tags }: StreamInfo, position: number): string[] {
  const [extension, type] = COVERS[codec]!;
  return [
    ...['-attach', file, `-metadata:s:${position}`, `mimetype=${type}`],
    ...[`-metadata:s:${position}`, `filename=${tags['filename'] ?? `cover.${extension}`}`],
  ];
}
