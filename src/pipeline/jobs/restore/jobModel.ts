import { AUTO, type ChosenModel } from '../../../settings/chooseModel';
import type { Job } from '../../../settings/restoreJob';
import { withModel } from '../../frames/autoModel';
import type { ProcessorTools } from '../../frames/processor';
import type { FfmpegBinary } from '../../media/findFfmpeg';
import type { VideoInfo } from '../../media/probe';
import { videoTraits } from '../../media/traits/videoTraits';
import { type Journal, readJournal } from '../journal';
import { targetOf } from '../outputTarget';
import { workFolder } from '../workFolder';

/** A job that names its model, and why it has this one; null where the caller named it. */
interface SettledJob {
  readonly settings: Job;
  readonly chosen: ChosenModel | null;
}

/**
 * Puts a name in the place of `auto`, by the source. A job that continues an interrupted one keeps its model, whatever
 * would be chosen now: another ffmpeg measures a little more noise, another model was installed.
 */
export async function withJobModel(
  job: Job,
  tools: ProcessorTools & { readonly binary: FfmpegBinary },
  source: VideoInfo,
  shown: VideoInfo,
  signal: AbortSignal,
): Promise<SettledJob> {
  const begun = job.model === AUTO && job.resume && !job.discard ? await chosenBefore(job.output) : null;
  if (begun !== null) return { settings: { ...job, model: begun.model }, chosen: begun };
  return withModel(job, tools, () => videoTraits(tools.binary, source, shown, job.trim, signal));
}

/** Null where there is nothing to continue, or a caller named the model. */
const chosenBefore = async (output: string): Promise<ChosenModel | null> => (await journalOf(output))?.chosen ?? null;

/** `codecKey` of the encoder that an interrupted job is continued with; null where there is nothing to continue. */
export async function encoderBefore({ output, resume, discard }: Job): Promise<string | null> {
  const encoder = resume && !discard ? (await journalOf(output))?.identity?.['encoder'] : null;
  return typeof encoder === 'string' ? encoder : null;
}

async function journalOf(output: string): Promise<Journal | null> {
  const journal = await readJournal(workFolder(await targetOf(output))).catch(() => null); // opening the folder says why
  return journal === 'damaged' ? null : journal;
}
