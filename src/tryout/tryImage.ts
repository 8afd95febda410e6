import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Engine } from '../engine/client/engine';
import { openSource } from '../pipeline/media/sourceFile';
import { IMAGE_DEFAULTS, type ImageResult, type ImageSource } from '../settings/imageJob';
import type { FrameTraits } from '../settings/sourceTraits';
import { checkCompareJob, type CompareJob } from '../settings/tryJob';
import { addedOf } from './addedOf';
import { inNewFolder, type TryEvents, type TryResult } from './inNewFolder';
import { quickTries } from './quickTries';
import type { Shot, Trial, TriedModel } from './trial';
import { type Try, triesOf } from './tries';

/** Compares models on one image, as `tryVideo` does on a video. Errors: those of the image, the models and the output. */
export async function tryImage(options: unknown, engine: Engine, events: TryEvents): Promise<TryResult> {
  const job = checkCompareJob(options);
  return inNewFolder(job, async (folder) => trialOf(job, engine, folder, events));
}

async function trialOf(job: CompareJob, engine: Engine, folder: string, events: TryEvents): Promise<Trial> {
  const { signal, onProgress = () => {}, commandOf } = events;
  const { path } = await openSource(job.input);
  const data = new Uint8Array(await readFile(path));
  const source: ImageSource = { kind: 'file', data };
  const wants = { scale: job.scale, steps: null, mask: null, maskColor: null };
  const image = { kind: 'image', data, maxPixels: IMAGE_DEFAULTS.maxPixels } as const;
  const { model, reason, traits } = await engine.ask('choose', { source: image, wants }, signal);
  const { width, height } = traits as FrameTraits;
  const able = { scale: job.scale, isMasked: false };
  const all = triesOf(await engine.ask('models', {}, signal), model, job.models, able);
  const { tries, left, untimed } = await quickTries(engine, all, job, width * height, signal);
  const made: { readonly tried: TriedModel; readonly shot: Shot }[] = [];
  for (const [t, one] of tries.entries()) {
    onProgress(t, tries.length, one.name);
    const result = await enlarge(engine, source, job, one, signal);
    const shot = await addedOf(engine, data, result.data, folder, `media/0-${t}`, signal, false);
    made.push({ shot, tried: { ...described(one, result), added: shot.added, command: commandOf(one) } });
  }
  return {
    ...{ kind: 'image', label: basename(path), source: { width, height, fps: null, duration: null }, left, untimed },
    chosen: job.models === null ? { model, reason } : null,
    tries: made.map(({ tried }) => tried),
    places: [{ at: null, video: null, shots: made.map(({ shot }) => shot) }],
  };
}

const enlarge = (
  engine: Engine,
  source: ImageSource,
  { models: _models, input: _input, output: _output, overwrite: _overwrite, ...settings }: CompareJob,
  { model, steps }: Try,
  signal: AbortSignal | undefined,
): Promise<ImageResult> => {
  const job = { ...IMAGE_DEFAULTS, ...settings, model, steps, format: 'png' as const };
  return engine.ask('image', { source, mask: null, job }, signal);
};

const described = ({ name, title }: Try, { width, height, ms, model }: ImageResult) => ({
  ...{ name, title, steps: model.steps, provider: model.provider, width, height },
  ...{ seconds: ms / 1000, total: ms / 1000, bytes: null },
});
