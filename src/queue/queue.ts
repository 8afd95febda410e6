import type { SegmentFarm, StartedFarmJob } from '../pipeline/jobs/restore/segmentFarm';
import type { ImageJob, ImageResult, ImageSource } from '../settings/imageJob';
import type { QueueAccess } from './access';
import { openBackend } from './backend';
import type { FolderMap } from './folderMaps';
import { untilAnswered, waitForServer } from './preflight';
import { checkProtocol, makeTables, setProtocol } from './protocol';
import { queueImage } from './queueImage';
import { StartedRun } from './startedRun';
import { cancelRun, queueStatus, type QueueStatus } from './status';
import { type NewWorker, type RunningWorker, type SegmentWork, work, type WorkerEvents } from './work';

/** A queue of segments on Redis or PostgreSQL; which of them makes no difference to its users. */
export interface SegmentQueue extends SegmentFarm {
  /** Gives a job to the queue. Its `finish` settles when the video can be muxed. */
  start: (...job: Parameters<SegmentFarm['start']>) => Promise<StartedFarmJob>;
  /** Makes segments of the jobs in it, one at a time. */
  work(worker: NewWorker, maps: readonly FolderMap[], segments: SegmentWork, events?: WorkerEvents): RunningWorker;
  /** Upscales one image on a worker. */
  image(source: ImageSource, mask: ImageSource | null, job: ImageJob, signal: AbortSignal): Promise<ImageResult>;
  /** Ends a job from any machine. False: there is no such job. */
  cancel(run: string): Promise<boolean>;
  status(): Promise<QueueStatus>;
}

export interface OpenQueueOptions {
  /** Called once with the reason, when the server is waited for. */
  readonly onWait?: (why: string) => void;
  /** What BullMQ reports: mostly connections that were lost and come back. */
  readonly onError?: (error: Error) => void;
}

/** Connections to PostgreSQL: all machines together have a hundred, unless its settings were changed. */
const CONNECTIONS = 2;

/** Opens a queue as soon as its server can be reached. Errors: those of `waitForServer`; QUEUE_VERSION. */
export async function openQueue(
  access: QueueAccess,
  signal: AbortSignal,
  { onWait, onError = () => {} }: OpenQueueOptions = {},
): Promise<SegmentQueue> {
  await waitForServer(access, signal, onWait);
  const backend = await openBackend(access, CONNECTIONS, onError);
  const answer = <T>(ask: () => Promise<T>): Promise<T> => untilAnswered(ask, access, signal, onWait);
  try {
    await answer(() => checkProtocol(backend, access));
  } catch (error) {
    await backend[Symbol.asyncDispose]();
    throw error;
  }
  return {
    start: async (...job) => new StartedRun(backend, ...job),
    work: (...worker) => work(backend, ...worker),
    image: (...image) => queueImage(backend, ...image),
    cancel: (run) => answer(() => cancelRun(backend, run)),
    status: () => answer(() => queueStatus(backend)),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}

/** Prepares a server for queues; also after an update of remaster on all machines. */
export async function initQueue(
  access: QueueAccess,
  signal: AbortSignal,
  onWait?: (why: string) => void,
): Promise<void> {
  if (access.kind === 'postgres') await waitForServer(access, signal, onWait, makeTables);
  await waitForServer(access, signal, onWait);
  await using backend = await openBackend(access, CONNECTIONS, () => {});
  await setProtocol(backend);
}
