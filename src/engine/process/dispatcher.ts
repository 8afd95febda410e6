import { throttleByKind } from '../../async/throttle';
import { errorRecord, RemasterError, StoppedError } from '../../errors';
import { openFaceFinder } from '../../model/inference/openModel';
import { type Comparison, comparison } from '../../pipeline/frames/comparison';
import { discardWork } from '../../pipeline/jobs/outputFolder';
import { restoreVideo } from '../../pipeline/jobs/restore/restoreVideo';
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

/** The engine's side of the conversation: takes requests, runs jobs in turn, answers questions beside it. */
export interface Dispatcher {
  receive(request: Request): void;
  /** Suspends what runs and settles when every process and file of it is put away. */
  close(): Promise<void>;
}

export function dispatcher(send: (reply: Reply) => void): Dispatcher {
  const running = new Map<
    string,
    { readonly job: Job; readonly abort: AbortController; readonly ended: Promise<void>; readonly preview: Comparison }
  >();
  const queue = new JobQueue((id, position) => send({ type: 'queued', id, position }));
  const cache = modelCache();
  const live = liveJobs(
    (id, news) => send({ type: 'live', id, news }),
    () => rest(),
  );
  const onScratch = (path: string, gone: boolean): void => send({ type: 'scratch', path, gone });
  const previewOf = async (id: string): Promise<Comparison | null> =>
    running.get(id)?.preview ?? (await live.preview(id));
  const services = {
    modelCache: cache,
    images: imageRequests(cache),
    frameStreams: new FrameStreams(cache),
    assemblies: new VideoAssemblies(onScratch),
    previewOf,
    comparisons: new Comparisons(previewOf),
  };
  const asking = new Map<string, AbortController>();
  let idleMs = 60_000;
  let idle: NodeJS.Timeout | undefined;

  onChild((pid, alive) => send({ type: 'child', pid, alive }));

  const rest = (): void => {
    clearTimeout(idle);
    const open = live.size + services.frameStreams.size + services.assemblies.size;
    if (queue.length > 0 || asking.size > 0 || open > 0 || idleMs <= 0) return;
    idle = setTimeout(() => void close().finally(() => process.exit(0)), idleMs);
  };

  function start(id: string, job: Job): void {
    const abort = new AbortController();
    let settle = (): void => {};
    const ended = new Promise<void>((resolve) => (settle = resolve));
    const split = comparison();
    running.set(id, { job, abort, ended, preview: split });
    queue.add(id, job.concurrency, async () => {
      try {
        send({ type: 'done', id, result: await run(id, job, split, abort.signal) });
      } catch (error) {
        await forget(abort.signal, job);
        send(abort.signal.aborted ? { type: 'stopped', id } : { type: 'failed', id, error: errorRecord(error) });
      } finally {
        running.delete(id);
        split.close();
        settle();
        setImmediate(rest);
      }
    });
  }

  async function run(id: string, job: Job, { offer }: Comparison, signal: AbortSignal) {
    const binary = await findFfmpeg();
    const tools = {
      binary,
      openModel: cache.open,
      openFaceFinder,
      onFrame: offer,
      onScratch,
    };
    // At most one a second, but every change of stage at once.
    const report = throttleByKind(1000, send);
    return restoreVideo(job, tools, signal, (progress) => report({ type: 'progress', id, progress }, progress.stage));
  }

  async function ask(id: string, what: keyof EngineRequests, args: unknown): Promise<void> {
    const abort = new AbortController();
    asking.set(id, abort);
    try {
      send({ type: 'answer', id, result: await handleRequest(what, args, services, abort.signal) });
    } catch (error) {
      send({ type: 'failed', id, error: errorRecord(error) });
    } finally {
      asking.delete(id);
      rest();
    }
  }

  function stop(id: string, keep: boolean): void {
    asking.get(id)?.abort(new StoppedError(keep));
    const job = running.get(id);
    if (!job) return;
    job.abort.abort(new StoppedError(keep));
    if (!queue.remove(id)) return;
    running.delete(id);
    void forget(job.abort.signal, job.job).then(() => send({ type: 'stopped', id }));
    rest();
  }

  /** A job that was stopped for good may have pieces from an earlier run, also when it had not come to use them. */
  async function forget({ aborted, reason }: AbortSignal, { output }: Job): Promise<void> {
    if (aborted && reason instanceof StoppedError && !reason.keep) await discardWork(output).catch(() => {}); // the stop is the news
  }

  async function close(): Promise<void> {
    clearTimeout(idle);
    for (const abort of asking.values()) abort.abort(new StoppedError(true));
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
      clearTimeout(idle);
      switch (request.type) {
        case 'hello':
          if (request.protocol !== PROTOCOL) {
            throw new RemasterError(
              'INTERNAL',
              `The engine speaks protocol ${PROTOCOL}, the client ${request.protocol}.`,
            );
          }
          idleMs = request.idleMs;
          send({ type: 'ready', protocol: PROTOCOL, pid: process.pid });
          rest();
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
          live.receive(request.id, request.say);
          break;
      }
    },
  };
}
