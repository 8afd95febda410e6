import { basename, join } from 'node:path';
import type { Engine } from '../engine/client/engine';
import type { SourceSummary } from '../engine/protocol';
import { framesOfFile } from '../settings/frameCount';
import { type PresetWish, withPreset } from '../presets/withPreset';
import { framesPerStored } from '../settings/fieldRate';
import { readingSettings } from '../settings/restoreJob';
import { checkTryJob, TRY_ROWS, type TryJob } from '../settings/tryJob';
import { addedOf } from './addedOf';
import { inNewFolder, type TryEvents, type TryResult } from './inNewFolder';
import { addShot, type Measured, triedModel } from './measured';
import { placesIn, type Span } from './places';
import { type QuickTries, quickTries } from './quickTries';
import { restorePart } from './restorePart';
import { sourcePart } from './sourcePart';
import type { Place, Trial } from './trial';
import { triesOf } from './tries';

/**
 * Restores short parts of a video by several models and writes a page that compares them, with measured times. Nothing is
 * left when it fails or is stopped. Errors: BAD_SETTING, those of the source, the models and the output.
 */
export async function tryVideo(
  options: Readonly<Record<string, unknown>> & { readonly preset?: PresetWish },
  engine: Engine,
  events: TryEvents,
): Promise<TryResult> {
  const job = checkTryJob(withPreset(TRY_ROWS, options));
  return inNewFolder(job, async (folder) => trialOf(job, engine, folder, events));
}

async function trialOf(job: TryJob, engine: Engine, folder: string, events: TryEvents): Promise<Trial> {
  const { signal, onProgress = () => {}, commandOf } = events;
  const { input, sequenceRate } = job;
  const info = await engine.ask('probe', { input, sequenceRate }, signal);
  const spans = placesIn(info, job);
  const { tries, ...about } = await chosenTries(engine, job, info, spans, signal);
  const measured = tries.map((): Measured => ({ parts: [], shots: [] }));
  const places: Place[] = [];
  for (const [p, span] of spans.entries()) {
    const video = `media/${p}.mp4`;
    const { still, at } = await sourcePart(engine, job, span, join(folder, video), signal);
    for (const [t, one] of tries.entries()) {
      onProgress(p * tries.length + t, spans.length * tries.length, one.name);
      const stem = `media/${p}-${t}`;
      const part = await restorePart(engine, job, one, span, join(folder, `${stem}.mp4`), signal);
      addShot(measured[t]!, part, await addedOf(engine, still, part.still, folder, stem, signal));
    }
    places.push({ at, video, shots: measured.map(({ shots }) => shots[p]!) });
  }
  const { width, height, fps, duration } = info;
  const frames = framesOfFile(info, job);
  return {
    ...{ kind: 'video', label: basename(input), source: { width, height, fps, duration }, ...about, places },
    tries: tries.map((one, t) => ({ ...triedModel(one, measured[t]!, frames), command: commandOf(one) })),
  };
}

/** The tries, and the model that `auto` takes. */
async function chosenTries(
  engine: Engine,
  job: TryJob,
  { width, height, fps }: SourceSummary,
  spans: readonly Span[],
  signal: AbortSignal | undefined,
): Promise<QuickTries & Pick<Trial, 'chosen'>> {
  const models = await engine.ask('models', {}, signal);
  const { input, sequenceRate, maxHeight, scale, mask, maskColor } = job;
  const able = { scale, isMasked: mask !== null || maskColor !== null };
  if (job.models !== null) return { tries: triesOf(models, '', job.models, able), left: [], untimed: [], chosen: null };
  const source = { kind: 'file', input, sequenceRate, ...readingSettings(job) } as const;
  const wants = { scale, steps: null, mask, maskColor };
  const { model, reason } = await engine.ask('choose', { source, wants }, signal);
  const seconds = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  const share = maxHeight === null ? 1 : Math.min(1, maxHeight / height) ** 2;
  const pixels =
    width * height * share * seconds * Math.min((fps ?? 25) * framesPerStored(job.deinterlace), job.maxFps ?? Infinity);
  const chosen = { model, reason };
  return { chosen, ...(await quickTries(engine, triesOf(models, model, null, able), job, pixels, signal)) };
}
