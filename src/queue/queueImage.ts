import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '../async/untilAborted';
import { RemasterError } from '../errors';
import type { ImageJob, ImageResult, ImageSource } from '../settings/imageJob';
import type { Backend } from './backend';
import { parseMade, type WaitingImage, waitingPayload, workPayload } from './imagePayloads';
import { ATTEMPTS, IMAGES, runId, segmentId, segmentsOf } from './names';
import { removeImage } from './removeRun';
import { segmentError } from './replies';

/** How often the image is looked for, in milliseconds: people wait for it. */
const LOOK_MS = 200;
/** How long removing an image may take. */
const REMOVE_MS = 1000;

/** Upscales one image on a worker. Errors: those of the worker; BAD_SETTING for raw pixels. */
export async function queueImage(
  backend: Backend,
  source: ImageSource,
  mask: ImageSource | null,
  job: ImageJob,
  signal: AbortSignal,
): Promise<ImageResult> {
  const work = { job, source: fileOf(source), mask: mask && fileOf(mask) };
  const payload = workPayload(work); // before anything is in the queue
  for (;;) {
    const run = randomUUID().replaceAll('-', '');
    const waiting: WaitingImage = { run, model: job.model, provider: job.provider, memory: memoryFor(work.source) };
    try {
      const made = await untilAborted(onQueue(backend, waiting, payload, signal), signal);
      if (made !== null) return made;
    } finally {
      await Promise.race([removeImage(backend, run).catch(() => {}), sleep(REMOVE_MS, undefined, { ref: false })]); // the server is away
    }
  }
}

/** Null: the queue has lost it. */
async function onQueue(
  backend: Backend,
  waiting: WaitingImage,
  payload: object,
  signal: AbortSignal,
): Promise<ImageResult | null> {
  const { run } = waiting;
  const queue = await backend.queue(segmentsOf(run));
  const backoff = { type: 'exponential', delay: 500 } as const;
  await queue.add('image', payload, { jobId: segmentId(run, 0), attempts: ATTEMPTS, backoff });
  await (await backend.queue(IMAGES)).add('image', waitingPayload(waiting), { jobId: runId(run) });
  for (;;) {
    signal.throwIfAborted();
    const state = await queue.getJobState(segmentId(run, 0)); // first: the job may end before it is read
    const job = await queue.getJob(segmentId(run, 0));
    if (!job) return null;
    if (state === 'completed') return parseMade(job.returnvalue).result;
    if (state === 'failed') throw segmentError('The image', job.failedReason);
    await sleep(LOOK_MS, undefined, { signal });
  }
}

function fileOf(source: ImageSource): Uint8Array {
  if (source.kind === 'file') return source.data;
  throw new RemasterError('BAD_SETTING', 'Raw pixels cannot be sent to a queue.', {
    remedy: 'Pass the bytes of a JPEG, PNG or WebP file, or let this machine upscale it.',
  });
}

/** onnxruntime and Node.js; a JPEG has about a byte for ten samples, and the result is 16 times larger. */
const memoryFor = (source: Uint8Array): number => 400e6 + 200 * source.length;
