import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RemasterError } from '../../../errors';
import type { Container } from '../../../settings/container';
import { isImageCodec } from '../../../settings/imageOutput';
import type { Job } from '../../../settings/restoreJob';
import { type StreamInfo, timecodeOf } from '../../media/describe/mediaInfo';
import { createVideo, type Encoding } from '../../media/encode';
import { ffmpegOutput } from '../../media/ffmpegOutput';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import { type EncodedVideo, muxWithSource } from '../../media/mux';
import type { VideoInfo } from '../../media/probe';
import { inputOptions } from '../../media/sourceFile';
import { type CarriedStream, coverExtension } from '../../media/streams/carriedStreams';
import { type DecidedStreams, decideStreams, type WantedStream } from '../../media/streams/decideStreams';
import { type Treatment, treatmentsOf } from '../../media/streams/treatments';
import type { Lost } from '../../media/whatIsLost';
import type { OutputFolder } from '../outputFolder';
import { type CompareOutput, outputComparison } from './compareOutput';
import { type EarlierTrials, encodingKey, lossesKey } from './earlierTrials';
import { imageNotes } from './imageNotes';
import { hasChanged, orChanged } from './truncation';

/** Facts about the output, known before its first frame is restored. */
export interface Trial {
  readonly carried: readonly CarriedStream[];
  readonly compare: CompareOutput;
  /** What will be lost, in words. */
  readonly warnings: readonly string[];
}

/** The streams of sound that are carried. */
export const soundOf = ({ carried }: Pick<Trial, 'carried'>): readonly number[] =>
  carried.filter(({ stream }) => stream.kind === 'audio').map(({ stream }) => stream.index);

/** File of the encoded frames. */
export const TRIAL_FILE = 'trial.nut';

/** Of fewer frames ffmpeg 5 to 7 knows no rate, without which it writes no time code. */
const FRAMES_OF_A_RATE = 6;

/**
 * Writes a black frame and the first packets of all streams as an output of the same name and folder, and opens
 * it again: whatever cannot be stored is converted, left out with a warning, or refused before any work is done. Where
 * nothing but the video is carried, what an `earlier` trial of the same kind has shown is not tried again.
 */
export async function tryOutput(
  binary: FfmpegBinary,
  folder: OutputFolder,
  encoding: Encoding,
  info: VideoInfo,
  job: Job,
  signal: AbortSignal,
  earlier?: EarlierTrials,
): Promise<Trial> {
  const segment = join(folder.folder, TRIAL_FILE);
  const output = join(folder.folder, basename(folder.output));
  const { codec, colour, provenance } = encoding;
  const usual = Math.max(1, Math.round(info.timeBase.den / info.timeBase.num / (info.framesPerSecond ?? 25)));
  const count = timecodeOf(info.media) === null ? 1 : FRAMES_OF_A_RATE;
  const pts = Array.from({ length: count }, (_, i) => i * usual);
  const times = { pts, end: count * usual, timeBase: info.timeBase };
  const video: EncodedVideo = { codec, colour, paths: [segment], times, provenance };
  const key = encodingKey(binary, encoding, count, folder.output);
  const black = (): Promise<void> => encodeBlack(binary, segment, encoding, count, signal);
  const encode = (): Promise<void> =>
    (earlier?.write(segment, key, black) ?? black()).catch(orConfined(binary, segment, signal));
  if (isImageCodec(job.codec)) {
    await encode();
    return { carried: [], compare: () => Promise.resolve([]), warnings: imageNotes(info, job) };
  }
  const mux = (carried: readonly CarriedStream[]) =>
    muxWithSource(binary, video, output, { info, job, carried, delay: 0, firstOnly: true }, signal);
  const comparison = (streams: DecidedStreams): CompareOutput =>
    outputComparison(binary, encoding, info, job, streams, signal);

  let streams: DecidedStreams = { carried: [], left: [] };
  const find = async (): Promise<readonly Lost[]> => {
    await encode();
    const wanted = await wantedStreams(binary, folder.folder, info, job, codec.container, signal);
    streams = await decideStreams(binary, info.source, wanted, output, mux, signal).catch(
      notTogether(folder, info, signal),
    );
    const lost = await comparison(streams)(output, false, streams.described);
    await rm(output);
    return lost;
  };
  const isAlone = info.media.streams.every((stream) => waysOf(stream, info, job, codec.container) === null);
  const lost = await (earlier && isAlone ? earlier.losses(lossesKey(key, job, info), find) : find());
  const refused = lost.find(({ verdict }) => verdict === 'refused');
  if (refused !== undefined) throw refusal(info, refused);
  return { carried: streams.carried, compare: comparison(streams), warnings: lost.map(({ message }) => message) };
}

/** An encoder that fails because ffmpeg may not write in the folder gets that reason. */
const orConfined =
  (binary: FfmpegBinary, path: string, signal: AbortSignal) =>
  async (error: unknown): Promise<never> => {
    signal.throwIfAborted();
    throw (await canWrite(binary, path, signal)) ? error : confined(binary, path, error);
  };

async function encodeBlack(
  binary: FfmpegBinary,
  path: string,
  encoding: Encoding,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  await using sink = createVideo(binary, path, encoding, signal);
  const black = new Uint8Array((encoding.width * encoding.height * 3 * encoding.depth) / 8);
  for (let i = 0; i < count; i++) await sink.write(black);
  await sink.finish();
}

/** Whether ffmpeg can make a file where remaster can. */
async function canWrite(binary: FfmpegBinary, path: string, signal: AbortSignal): Promise<boolean> {
  await rm(path, { force: true });
  const picture = ['-f', 'lavfi', '-i', 'color=size=16x16', '-frames:v', '1', '-c:v', 'rawvideo', '-f', 'nut'];
  await ffmpegOutput(binary, [...picture, '-y', `file:${path}`], signal);
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}

const confined = ({ path: program }: FfmpegBinary, path: string, cause: unknown): RemasterError =>
  new RemasterError('OUTPUT_UNWRITABLE', `${program} may not write where remaster may: ${path}.`, {
    remedy:
      'An ffmpeg from snap cannot use hidden folders in the home folder: write the output to a folder in it, such as Videos, or install another ffmpeg (see REMASTER_FFMPEG).',
    cause,
  });

/** The streams besides the video that the user wants, with the files of covers that become attachments. */
async function wantedStreams(
  binary: FfmpegBinary,
  folder: string,
  info: VideoInfo,
  job: Job,
  container: Container,
  signal: AbortSignal,
): Promise<WantedStream[]> {
  const { source, media } = info;
  const wanted: WantedStream[] = [];
  for (const stream of media.streams) {
    const ways = waysOf(stream, info, job, container);
    if (ways === null) continue;
    if (ways[0]?.codec !== 'attach') wanted.push({ stream, ways });
    else {
      const extension = coverExtension(stream);
      const file = join(folder, `cover${stream.index}.${extension}`);
      const image = ['-map', `0:${stream.index}`, '-c', 'copy', '-frames:v', '1', '-f', 'image2', '-update', '1'];
      if (extension) await ffmpegOutput(binary, [...inputOptions(source), ...image, '-y', `file:${file}`], signal);
      wanted.push(extension ? { stream, ways, file } : { stream, ways: [] });
    }
  }
  return wanted;
}

/** How a stream may be carried; null for the video, and for those that are not wanted. */
const waysOf = (
  stream: StreamInfo,
  { media, stream: video }: VideoInfo,
  job: Job,
  container: Container,
): readonly Treatment[] | null => (stream.index === video ? null : treatmentsOf(stream, media, container, job));

const notTogether =
  (folder: OutputFolder, info: VideoInfo, signal: AbortSignal) =>
  async (thrown: unknown): Promise<never> => {
    signal.throwIfAborted();
    const cause = await folder.explain(thrown); // a full disk, for one, is no fault of the settings
    if (!(cause instanceof RemasterError) || cause.code !== 'ENCODE_FAILED') throw cause;
    if (await hasChanged(info)) return orChanged(info, signal)(cause);
    throw new RemasterError(
      'BAD_SETTING',
      `${basename(folder.output)} cannot be written with these settings: ${cause.message}`,
      {
        remedy: 'Choose another codec or container.',
        detail: cause.detail,
        cause,
      },
    );
  };

const refusal = ({ source }: VideoInfo, { message }: Lost): RemasterError =>
  new RemasterError('SOURCE_UNREADABLE', `${source.path} cannot be restored: ${message}.`, {
    remedy: 'Convert it to HDR10 or standard video first.',
  });
