import { RemasterError } from '../errors';
import { AUTO } from '../settings/chooseModel';
import { badSetting, checkRows } from '../settings/checkRows';
import { checkImageJob, type ImageJob, type ImageResult } from '../settings/imageJob';
import { IMAGE_ROWS } from '../settings/table';
import { count, type Fields, list, matching, record, text, textOrNull } from './fields';
import { isRun } from './names';
import { ofThisVersion, payload, type WorkerRecord } from './payloads';

/** An image that waits for a worker, as all of them see it; its bytes are in the queue of its own. */
export interface WaitingImage {
  readonly run: string;
  /** Name of an installed model, or auto. */
  readonly model: string;
  readonly provider: ImageJob['provider'];
  /** Bytes that a machine needs, roughly. */
  readonly memory: number;
}

/** What a worker makes of an image. Both are bytes of image files. */
export interface ImageWork {
  readonly source: Uint8Array;
  readonly mask: Uint8Array | null;
  readonly job: ImageJob;
}

/** Bytes of one image file in a queue: a server keeps it in memory. */
const MAX_BYTES = 64 * 2 ** 20;
const MAX_TEXT = Math.ceil((MAX_BYTES * 4) / 3) + 4;

export const waitingPayload = (image: WaitingImage): Fields => payload({ ...image });

export function parseWaiting(given: unknown): WaitingImage {
  const fields = ofThisVersion(given, 'an image');
  const { provider } = checkRows({ provider: IMAGE_ROWS.provider }, { provider: fields['provider'] }, badSetting);
  return {
    run: isRun(fields['run']) ? fields['run'] : matching(fields['run'], 'run', /^[0-9a-f]{32}$/),
    model: matching(fields['model'], 'model', /^[^/\\]{1,255}$/),
    memory: count(fields['memory'], 'memory', 2 ** 50),
    provider,
  };
}

/** Why a worker cannot make an image; null: it can. */
export function whyNotImage({ model, provider, memory }: WaitingImage, worker: WorkerRecord): string | null {
  if (model !== AUTO && worker.models[model] === undefined) return `it has no model ${model}`;
  if (provider !== 'auto' && provider !== worker.provider) return `it runs models on ${worker.provider}`;
  return memory > worker.memory ? 'it has too little memory' : null;
}

export function workPayload({ source, mask, job }: ImageWork): Fields {
  return payload({ job, source: base64(source), mask: mask && base64(mask) });
}

export function parseWork(given: unknown): ImageWork {
  const fields = ofThisVersion(given, 'an image');
  const job = checkImageJob(fields['job']);
  if (/[/\\]/.test(job.model)) throw badSetting('model', 'the name of an installed model', job.model);
  const mask = textOrNull(fields['mask'], 'mask', MAX_TEXT);
  return {
    job,
    source: Buffer.from(text(fields['source'], 'source', MAX_TEXT), 'base64'),
    mask: mask === null ? null : Buffer.from(mask, 'base64'),
  };
}

/** A result and who made it. */
export interface MadeImage {
  readonly by: string;
  readonly result: ImageResult;
}

export const madePayload = ({ by, result: { data, ...facts } }: MadeImage): Fields =>
  payload({ by, facts, data: base64(data) });

export function parseMade(given: unknown): MadeImage {
  const fields = ofThisVersion(given, 'an image');
  const facts = record(fields['facts'], 'facts');
  const model = record(facts['model'], 'facts.model');
  const data = Buffer.from(text(fields['data'], 'data', 4 * MAX_TEXT), 'base64');
  const side = (name: string): number => count(facts[name], `facts.${name}`, 2 ** 20);
  return {
    by: text(fields['by'], 'by', 255),
    result: {
      data,
      format: matching(facts['format'], 'facts.format', /^(jpeg|png|webp)$/) as ImageResult['format'],
      ...{ width: side('width'), height: side('height'), channels: count(facts['channels'], 'facts.channels', 4) as 3 },
      ...{ scale: Number(facts['scale']), ms: Number(facts['ms']) },
      model: {
        name: text(model['name'], 'facts.model.name', 255),
        provider: text(model['provider'], 'facts.model.provider', 32),
        steps: count(model['steps'], 'facts.model.steps', 1000),
        ...(typeof model['reason'] === 'string' && { reason: model['reason'].slice(0, 1000) }),
      },
      warnings: list(facts['warnings'], 'facts.warnings', 100, (one, name) => text(one, name, 1000)),
    },
  };
}

function base64(bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES)
    throw new RemasterError('IMAGE_TOO_LARGE', 'The image is larger than 64 MB, too large for a queue.');
  return Buffer.from(bytes).toString('base64');
}
