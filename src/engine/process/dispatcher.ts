import { throttleByKind } from '../../async/throttle';
import { errorRecord, RemasterError, StoppedError } from '../../errors';
import { openFaceFinder } from '../../model/inference/openModel';
import { type Comparison, comparison } from '../../pipeline/frames/comparison';
import { discardWork } from '../../pipeline/jobs/outputFolder';
import { restoreVideo, type Tools } from '../../pipeline/jobs/restore/restoreVideo';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import { onChild } from '../../pipeline/media/runFfmpeg';
import type { Job } from '../../settings/restoreJob';
import { type EngineRequests, PROTOCOL, type Reply, type Request } from '../protocol';
import { Comparisons } from './comparisons';
import { FrameStreams } from './frameStreams';
import { imageRequests } from './imageRequests';
import { JobQueue } from './jobQueue';
import { liveJobs } from './liveJobs';
import { modelCache } from './modelCache';
import { handleRequest } from './requests';
import { VideoAssemblies } from './videoAssemblies';

/** Receives requests in the engine process: runs jobs from a queue and everything else at once. */
export interface Dispatcher {
  receive(request: Request): void;
  /** Suspends everything that runs; settles when its processes have exited and its temporary files are deleted. */
  close(): Promise<void>;
}

interface RunningJob {
  readonly job: Job;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  readonly preview: Comparison;
}

/** A stopped job deletes its files within this time, unless another container or host may hold its lock. */
const STOP_MS = 2000;

export function dispatcher(send: (reply: Reply) => void): Dispatcher {
  const running = new Map<string, RunningJob>();
  const queue = new JobQueue((id, position) => send({ type: 'queued', id, position }));
  const cache = modelCache();
  const live = liveJobs(
    (id, event) => send({ type: 'live', id, event }),
    () => resetIdleTimer(),
  );
  const onTemporaryPath = (path: string, gone: boolean): void => send({ type: 'temporaryPath', path, gone });
  const previewOf = async (id: string): Promise<Comparison | null> =>
    running.get(id)?.preview ?? (await live.preview(id));
  const services = {
    modelCache: cache,
    images: imageRequests(cache),
    frameStreams: new FrameStreams(cache),
    assemblies: new VideoAssemblies(onTemporaryPath),
    previewOf,
    comparisons: new Comparisons(previewOf),
  };
  const requests = new Map<string, AbortController>();
  let idleMs = 60_000;
  let idleTimer: NodeJS.Timeout | undefined;

  onChild((pid, alive) => send({ type: 'child', pid, alive }));

  const resetIdleTimer = (): void => {
    clearTimeout(idleTimer);
    const open = live.size + services.frameStreams.size + services.assemblies.size;
    if (queue.length > 0 || requests.size > 0 || open > 0 || idleMs <= 0) return;
    idleTimer = setTimeout(() => void close().finally(() => process.exit(0)), idleMs);
  };

  function start(id: string, job: Job): void {
    const abort = new AbortController();
    let settle = (): void => {};
    const ended = new Promise<void>((resolve) => (settle = resolve));
    const preview = comparison();
    running.set(id, { job, abort, ended, preview });
    queue.add(id, job.concurrency, async () => {
      try {
        send({ type: 'done', id, result: await run(id, job, preview, abort.signal) });
      } catch (error) {
        await discardIfStopped(abort.signal, job);
        send(abort.signal.aborted ? { type: 'stopped', id } : { type: 'failed', id, error: errorRecord(error) });
      } finally {
        running.delete(id);
        preview.close();
        settle();
        setImmediate(resetIdleTimer);
      }
    });
  }

  async function run(id: string, job: Job, { offer }: Comparison, signal: AbortSignal) {
    const binary = await findFfmpeg();
    const tools: Tools = { binary, openModel: cache.open, openFaceFinder, onFrame: offer, onTemporaryPath };
    const sendProgress = throttleByKind(1000, send);
    return restoreVideo(job, tools, signal, (progress) =>
      sendProgress({ type: 'progress', id, progress }, progress.stage),
    );
  }

  async function ask(id: string, what: keyof EngineRequests, args: unknown): Promise<void> {
    const abort = new AbortController();
    requests.set(id, abort);
    try {
      send({ type: 'answer', id, result: await handleRequest(what, args, services, abort.signal) });
    } catch (error) {
      send({ type: 'failed', id, error: errorRecord(error) });
    } finally {
      requests.delete(id);
      resetIdleTimer();
    }
  }

  function stop(id: string, keep: boolean): void {
    requests.get(id)?.abort(new StoppedError(keep));
    const job = running.get(id);
    if (!job) return;
    job.abort.abort(new StoppedError(keep));
    if (!queue.remove(id)) return;
    running.delete(id);
    void discardIfStopped(job.abort.signal, job.job).then(() => send({ type: 'stopped', id }));
    resetIdleTimer();
  }

  /** A stopped job may have segments of an earlier run, even if it stopped before using them. */
  async function discardIfStopped({ aborted, reason }: AbortSignal, { output }: Job): Promise<void> {
    if (aborted && reason instanceof StoppedError && !reason.keep)
      await discardWork(output, AbortSignal.timeout(STOP_MS)).catch(() => {}); // the stop is reported
  }

  async function close(): Promise<void> {
    clearTimeout(idleTimer);
    for (const abort of requests.values()) abort.abort(new StoppedError(true));
    const all = [...running.entries()];
    for (const [id] of all) stop(id, true);
    await Promise.all([
      live.close(),
      services.frameStreams.closeAll(),
      services.comparisons.close(),
      ...all.filter(([id]) => running.has(id)).map(([, { ended }]) => ended),
    ]);
  }

  return {
    close,
    receive(request) {
      clearTimeout(idleTimer);
      switch (request.type) {
        case 'hello':
          if (request.protocol !== PROTOCOL) {
            throw new RemasterError(
              'INTERNAL',
              `Protocol mismatch: the engine process has version ${PROTOCOL}, the client version ${request.protocol}.`,
            );
          }
          idleMs = request.idleMs;
          send({ type: 'ready', protocol: PROTOCOL, pid: process.pid });
          resetIdleTimer();
          break;
        case 'job':
          start(request.id, request.job);
          break;
        case 'stop':
          stop(request.id, request.keep);
          break;
        case 'ask':
          void ask(request.id, request.what, request.args);
          break;
        case 'live':
          live.receive(request.id, request.request);
          break;
      }
    },
  };
}
