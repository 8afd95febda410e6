import { throttled } from '../../async/throttle';
import { errorRecord, RemasterError, StoppedError } from '../../errors';
import { openFaceFinder } from '../../model/inference/openModel';
import { type Preview, preview } from '../../pipeline/frames/comparison';
import { discard } from '../../pipeline/jobs/outputFolder';
import { restore } from '../../pipeline/jobs/restore/restoreVideo';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import { onChild } from '../../pipeline/media/runFfmpeg';
import type { Job } from '../../settings/restoreJob';
import { type Ask, PROTOCOL, type Reply, type Request } from '../protocol';
import { Pairs } from './comparisons';
import { Taps } from './frameStreams';
import { imageDesk } from './imageRequests';
import { JobQueue } from './jobQueue';
import { liveHost } from './liveJobs';
import { modelShelf } from './modelCache';
import { answer } from './requests';
import { Films } from './videoAssemblies';

/** The engine's side of the conversation: takes requests, runs jobs in turn, answers questions beside it. */
export interface EngineHost {
  receive(request: Request): void;
  /** Suspends what runs and settles when every process and file of it is put away. */
  close(): Promise<void>;
}

export function engineHost(send: (reply: Reply) => void): EngineHost {
  const running = new Map<
    string,
    { readonly job: Job; readonly abort: AbortController; readonly ended: Promise<void>; readonly preview: Preview }
  >();
  const queue = new JobQueue((id, position) => send({ type: 'queued', id, position }));
  const shelf = modelShelf();
  const lives = liveHost(
    (id, news) => send({ type: 'live', id, news }),
    () => rest(),
  );
  const onScratch = (path: string, gone: boolean): void => send({ type: 'scratch', path, gone });
  const previewOf = async (id: string): Promise<Preview | null> =>
    running.get(id)?.preview ?? (await lives.preview(id));
  const desks = {
    shelf,
    images: imageDesk(shelf),
    taps: new Taps(shelf),
    films: new Films(onScratch),
    previewOf,
    pairs: new Pairs(previewOf),
  };
  const asking = new Map<string, AbortController>();
  let idleMs = 60_000;
  let idle: NodeJS.Timeout | undefined;

  onChild((pid, alive) => send({ type: 'child', pid, alive }));

  const rest = (): void => {
    clearTimeout(idle);
    const open = lives.size + desks.taps.size + desks.films.size;
    if (queue.length > 0 || asking.size > 0 || open > 0 || idleMs <= 0) return;
    idle = setTimeout(() => void close().finally(() => process.exit(0)), idleMs);
  };

  function start(id: string, job: Job): void {
    const abort = new AbortController();
    let settle = (): void => {};
    const ended = new Promise<void>((resolve) => (settle = resolve));
    const split = preview();
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

  async function run(id: string, job: Job, { offer }: Preview, signal: AbortSignal) {
    const binary = await findFfmpeg();
    const tools = {
      binary,
      openModel: shelf.open,
      openFaceFinder,
      onFrame: offer,
      onScratch,
    };
    // At most one a second, but every change of stage at once.
    const report = throttled(1000, send);
    return restore(job, tools, signal, (progress) => report({ type: 'progress', id, progress }, progress.stage));
  }

  async function ask(id: string, what: keyof Ask, args: unknown): Promise<void> {
    const abort = new AbortController();
    asking.set(id, abort);
    try {
      send({ type: 'answer', id, result: await answer(what, args, desks, abort.signal) });
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
    if (aborted && reason instanceof StoppedError && !reason.keep) await discard(output).catch(() => {}); // the stop is the news
  }

  async function close(): Promise<void> {
    clearTimeout(idle);
    for (const abort of asking.values()) abort.abort(new StoppedError(true));
    const all = [...running.entries()];
    for (const [id] of all) stop(id, true);
    await Promise.all([
      lives.close(),
      desks.taps.closeAll(),
      desks.pairs.close(),
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
          lives.receive(request.id, request.say);
          break;
      }
    },
  };
}
