import { RemasterError } from '../../../errors';
import { describe } from '../describe/describe';
import type { MediaInfo, StreamInfo } from '../describe/mediaInfo';
import { ffmpegOutput } from '../ffmpegOutput';
import type { FfmpegBinary } from '../findFfmpeg';
import { runFfmpeg } from '../runFfmpeg';
import { inputOptions, type SourceFile } from '../sourceFile';
import type { CarriedStream } from './carriedStreams';
import { counterparts } from './counterparts';
import { packetSpans } from './packets';
import type { Treatment } from './treatments';

/** A stream that is wanted in the output, and how it may get there, best first. */
export interface WantedStream {
  readonly stream: StreamInfo;
  readonly ways: readonly Treatment[];
  /** The file to attach. */
  readonly file?: string;
}

export interface DecidedStreams {
  readonly carried: readonly CarriedStream[];
  /** Not carried, with the reason. */
  readonly left: readonly { readonly stream: StreamInfo; readonly why: 'unsupported' | 'empty' }[];
  /** The trial with them, where it was described. */
  readonly described?: MediaInfo | null;
}

/**
 * Decides how each stream gets into the output, by trying it: `mux` writes the first packets of the streams to `output`,
 * which is opened again. Throws what `mux` throws when the streams that work alone do not work together.
 */
export async function decideStreams(
  binary: FfmpegBinary,
  source: SourceFile,
  wanted: readonly WantedStream[],
  output: string,
  mux: (carried: readonly CarriedStream[]) => Promise<unknown>,
  signal: AbortSignal,
): Promise<DecidedStreams> {
  let described: MediaInfo | null = null;
  const works = async (carried: readonly CarriedStream[]): Promise<boolean> => {
    await mux(carried);
    if (carried.length === 0) return true;
    described = await describe(binary, outputInput(output), signal);
    return areReadable(binary, output, carried, described, signal);
  };
  /** A stream that fails is not carried; a full disk, or a fault of ours, is no fault of the stream. */
  const failed = (error: unknown): false => {
    signal.throwIfAborted();
    if (error instanceof RemasterError && error.code === 'ENCODE_FAILED') return false;
    throw error;
  };
  const withWays = wanted.filter(({ ways }) => ways.length > 0);
  const left: DecidedStreams['left'][number][] = wanted
    .filter(({ ways }) => ways.length === 0)
    .map(({ stream }) => ({ stream, why: 'unsupported' }));
  const best = withWays.map(({ stream, ways, file }) => carriedStream(stream, ways[0]!, file));
  if (await works(best).catch(failed)) return { carried: best, left, described };

  const carried: CarriedStream[] = [];
  for (const { stream, ways, file } of withWays) {
    const way = await firstThat(ways, (each) => works([carriedStream(stream, each, file)]).catch(failed));
    if (way) carried.push(carriedStream(stream, way, file));
    else left.push({ stream, why: (await isEmpty(binary, source, stream, signal)) ? 'empty' : 'unsupported' });
  }
  await mux(carried);
  return { carried, left };
}

const carriedStream = (stream: StreamInfo, treatment: Treatment, file: string | undefined): CarriedStream => ({
  ...{ stream, treatment },
  ...(file !== undefined && { file }),
});

async function firstThat<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of items) if (await test(item)) return item;
  return undefined;
}

/** Whether each stream is found again in `path` as what it is, with at least one packet, and sound that can be decoded. */
async function areReadable(
  binary: FfmpegBinary,
  path: string,
  carried: readonly CarriedStream[],
  media: MediaInfo | null,
  signal: AbortSignal,
): Promise<boolean> {
  const input = outputInput(path);
  const spans = await packetSpans(binary, input, signal);
  const streams = media && counterparts(carried, media);
  const results = await Promise.all(
    carried.map(async ({ stream }, i) => {
      const found = streams?.[i];
      if (!found || found.kind !== stream.kind) return false;
      if (stream.kind === 'attachment') return true;
      if (!spans.has(found.index)) return false;
      // In Matroska, TTA takes its number of samples from the length of the file, which a trial does not have.
      if (found.codec === 'tta') return true;
      return stream.kind === 'audio' ? isDecodable(binary, input, found.index, signal) : found.codec !== 'none';
    }),
  );
  return results.every(Boolean);
}

/** The options that open a file that remaster wrote. */
export const outputInput = (path: string): string[] => ['-protocol_whitelist', 'file,pipe', '-i', `file:${path}`];

async function isDecodable(
  binary: FfmpegBinary,
  input: readonly string[],
  index: number,
  signal: AbortSignal,
): Promise<boolean> {
  const args = ['-xerror', ...input, '-map', `0:${index}`, '-frames', '1', '-f', 'null', '-'];
  await using decoder = runFfmpeg(binary, args, signal);
  decoder.stdout.resume();
  return await decoder.ended.then(
    () => true,
    () => false,
  );
}

async function isEmpty(
  binary: FfmpegBinary,
  source: SourceFile,
  { index }: StreamInfo,
  signal: AbortSignal,
): Promise<boolean> {
  const packet = ['-map', `0:${index}`, '-copy_unknown', '-c', 'copy', '-frames', '1', '-f', 'framecrc', 'pipe:1'];
  return !/^0, /m.test((await ffmpegOutput(binary, [...inputOptions(source), ...packet], signal)).toString());
}
