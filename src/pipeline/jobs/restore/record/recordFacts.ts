import { homedir } from 'node:os';
import { basename, dirname, sep } from 'node:path';
import type { ModelInfo } from '../../../../model/model';
import type { ChosenModel } from '../../../../settings/chooseModel';
import { optionWords } from '../../../../settings/commandWords';
import { isImageCodec } from '../../../../settings/imageOutput';
import type { CacheStats, Job } from '../../../../settings/restoreJob';
import { RESTORE_ROWS } from '../../../../settings/videoRows';
import type { Encoding } from '../../../media/encode';
import type { FfmpegBinary } from '../../../media/findFfmpeg';
import type { VideoInfo } from '../../../media/probe';
import type { SourceFile } from '../../../media/sourceFile';
import type { OutputFolder } from '../../outputFolder';
import { type JobRecord, type ModelFiles, RECORD_VERSION, type RecordedSource } from './record';
import type { UnlistedRecord } from './writeRecord';

/** A job that is recorded, and what it has opened. */
export interface RecordedJob {
  readonly job: Job;
  readonly binary: FfmpegBinary;
  readonly info: VideoInfo;
  readonly mask: SourceFile | null;
  readonly model: ModelInfo;
  readonly files: ModelFiles;
  /** Hash of what finds the faces; null: nothing does. */
  readonly faceFinder: string | null;
  readonly chosen: ChosenModel | null;
  readonly encoding: Encoding;
  readonly folder: OutputFolder;
  readonly started: Date;
}

/** The facts that are known when all frames are written. */
export interface WrittenFrames {
  readonly segments: readonly { readonly file: string }[];
  readonly sound: readonly number[];
  readonly tiles: Pick<Job, 'tile' | 'overlap'>;
  readonly cacheStats: CacheStats | null;
  readonly resumedFrom: number;
  readonly warnings: readonly string[];
}

interface Hashed {
  readonly result: Omit<RecordedSource, 'name'>;
  readonly source: RecordedSource;
  readonly mask: RecordedSource | null;
  readonly makers: JobRecord['makers'];
  readonly hashSeconds: number;
}

/** Everything but the lists of frames. Nothing names a folder, a user or a host, and no address has a password. */
export function recordFacts(
  { job, model, files, faceFinder, chosen, encoding, folder, started }: RecordedJob,
  { sound, tiles, cacheStats, resumedFrom, warnings }: WrittenFrames,
  { result, source, mask, makers, hashSeconds }: Hashed,
): UnlistedRecord {
  const { codec, stored, width, height, depth } = encoding;
  const settings = named(job);
  const finished = new Date();
  return {
    record: RECORD_VERSION,
    result: {
      ...result,
      name: basename(folder.output),
      frames: makers.reduce((sum, maker) => sum + maker.frames, 0),
      ...stored,
      container: isImageCodec(job.codec) ? job.codec : codec.container,
      encoder: codec.encoder,
    },
    source,
    mask,
    command: commandOf(settings),
    job: settings,
    tiles: { tile: tiles.tile, overlap: tiles.overlap },
    sound,
    model: {
      ...{ name: model.name, ...files, steps: model.steps, scale: model.scale, faceFinder },
      ...(chosen && { reason: chosen.reason }),
    },
    seed: job.seed,
    makers,
    run: {
      started: started.toISOString(),
      finished: finished.toISOString(),
      seconds: (finished.getTime() - started.getTime()) / 1000,
      hashSeconds,
      resumedFrom,
      cacheShare: cacheStats?.share ?? null,
      warnings: warnings.map((warning) => withoutPlaces(warning, job)),
    },
    restored: { pixelFormat: depth === 8 ? 'rgb24' : 'rgb48le', width, height },
    decoded: { pixelFormat: codec.pixelFormat },
  };
}

/** Settings with the names of files instead of their paths, also that of the folder of a model, and without a queue. */
function named(job: Job): Job {
  const name = (path: string): string => basename(path);
  const encoder = job.encoder && withoutCredentials(job.encoder);
  const { input, output, mask, model } = job;
  const files = { input: name(input), output: name(output), mask: mask && name(mask), model: name(model) };
  return { ...job, encoder, ...files, queue: null, mixed: false };
}

function commandOf({ input, output, ...settings }: Job): readonly string[] {
  const written = settings.imageName === null ? output : `${output}/${settings.imageName}`;
  return ['remaster', 'restore', input, written, ...optionWords(RESTORE_ROWS, settings)];
}

const withoutCredentials = (text: string): string => text.replaceAll(/(\w:\/\/)[^/@\s]+@/g, '$1');

/** A text that may name files of the job. */
function withoutPlaces(text: string, { input, output, mask, model }: Job): string {
  const folders = [input, output, mask, model].filter((path) => path !== null).map((path) => dirname(path));
  const known = [...folders.filter((folder) => folder.length > 1), homedir()];
  return known.reduce((rest, folder) => rest.replaceAll(folder + sep, ''), withoutCredentials(text));
}
