import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from './backend';
import { gateId, GATES, IMAGES, runId, RUNS, segmentsOf } from './names';
import { parseRun, runPayload } from './payloads';
import { orNull } from './fields';

/** Marks a run as ended and drops its segments: workers notice that with the next renewal of a lock, within a second or two. */
export async function endRun(backend: Backend, run: string): Promise<void> {
  const parent = await (await backend.queue(RUNS)).getJob(runId(run));
  const found = parent && orNull(() => parseRun(parent.data));
  if (parent && found) await parent.updateData(runPayload({ ...found, isCancelled: true }));
  const segments = await backend.queue(segmentsOf(run));
  await segments.obliterate({ force: true });
  await backend.forget(segmentsOf(run));
}

/** Removes a run that was ended. */
export async function removeRun(backend: Backend, run: string): Promise<void> {
  await (await (await backend.queue(GATES)).getJob(gateId(run)))?.remove();
  await (await (await backend.queue(RUNS)).getJob(runId(run)))?.remove();
}

/** Removes an image and all that is known of it. */
export async function removeImage(backend: Backend, run: string): Promise<void> {
  await (await (await backend.queue(IMAGES)).getJob(runId(run)))?.remove();
  await (await backend.queue(segmentsOf(run))).obliterate({ force: true });
  await backend.forget(segmentsOf(run));
}

/** Waits until `isQuiet`, or a few seconds: a worker that has died does not answer. */
export async function untilQuiet(isQuiet: () => Promise<boolean>, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end && !(await isQuiet());) await sleep(100);
}
