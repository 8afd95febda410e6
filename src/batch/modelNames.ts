import type { Engine } from '../engine/client/engine';
import { findBundle } from '../model/bundle/modelLibrary';
import { readManifest } from '../model/bundle/parseManifest';
import { AUTO } from '../settings/chooseModel';
import { type Job, readingSettings } from '../settings/restoreJob';
import { type NamedBy, needsModel } from './outputNames';

/** What the name of a result needs to know of its job. The model is chosen only for a template that names it. */
export async function namedBy(engine: Engine, template: string, job: Job, signal: AbortSignal): Promise<NamedBy> {
  const { codec, scale } = job;
  if (!needsModel(template)) return { codec, scale, model: null };
  const model = await modelOf(engine, job, signal);
  return { codec, model, scale: scale ?? (await readManifest(findBundle(model))).manifest.scale };
}

/** The name of the model; of `auto`, that of the chosen one. Errors: those of the source, MODEL_NOT_FOUND. */
export async function modelOf(engine: Engine, job: Job, signal: AbortSignal): Promise<string> {
  const { model, input, sequenceRate, scale, steps, mask, maskColor } = job;
  if (model !== AUTO) return model;
  const source = { kind: 'file', input, sequenceRate, ...readingSettings(job) } as const;
  return (await engine.ask('choose', { source, wants: { scale, steps, mask, maskColor } }, signal)).model;
}
