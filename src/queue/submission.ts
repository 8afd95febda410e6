import { existsSync } from 'node:fs';
import type { SegmentRange } from '../pipeline/jobs/restore/segmentFarm';
import type { Backend } from './backend';
import { orNull } from './fields';
import { ATTEMPTS, gateId, GATES, runId, RUNS, segmentId, segmentsOf } from './names';
import { parseRun, type Run, runPayload, segmentPayload } from './payloads';
import { endRun, removeRun } from './removeRun';

/** Segments that are added in one step: more would hold up the server. */
const AT_ONCE = 500;
const RETRY = { attempts: ATTEMPTS, backoff: { type: 'exponential', delay: 1000 } } as const;

/** Makes a run known to the workers. It does not end before its gate is opened. */
export async function submitRun(backend: Backend, run: Run): Promise<void> {
  await removeOlder(backend, run);
  const flow = await backend.flow();
  await flow.add({
    ...{ name: 'mux', queueName: RUNS, data: runPayload(run), opts: { jobId: runId(run.run) } },
    children: [{ name: 'gate', queueName: GATES, data: {}, opts: { jobId: gateId(run.run) } }],
  });
}

/**
 * Runs of the same folder whose process was killed, or that the queue has lost a part of: this process holds its lock. And those of this
 * machine that are complete and whose folder is gone: they were finished while the queue was away. (Others are left alone: two containers
 * may have one name, and would remove each other's runs for ever.)
 */
async function removeOlder(backend: Backend, { run, folder, host }: Run): Promise<void> {
  const parents = await (await backend.queue(RUNS)).getJobs(['waiting-children', 'waiting']);
  for (const parent of parents) {
    const found = orNull(() => parseRun(parent?.data));
    if (found?.host !== host || found.run === run) continue;
    if (found.folder !== folder && (existsSync(found.folder) || (await parent?.getState()) !== 'waiting')) continue;
    await endRun(backend, found.run);
    await removeRun(backend, found.run);
  }
}

/** Safe to repeat: segments that are there already stay as they are. */
export async function addSegments(backend: Backend, run: string, segments: readonly SegmentRange[]): Promise<void> {
  const runs = await backend.queue(RUNS);
  const queue = await backend.queue(segmentsOf(run));
  const parent = { id: runId(run), queue: runs.qualifiedName };
  for (let i = 0; i < segments.length; i += AT_ONCE) {
    const jobs = segments.slice(i, i + AT_ONCE).map((range) => ({
      ...{ name: 'segment', data: segmentPayload(run, range) },
      opts: { jobId: segmentId(run, range.index), parent, continueParentOnFailure: true, ...RETRY },
    }));
    await queue.addBulk(jobs);
  }
}

/** All segments were added: the run ends with the last of them. */
export async function openGate(backend: Backend, run: string): Promise<void> {
  await (await (await backend.queue(GATES)).getJob(gateId(run)))?.remove();
}
