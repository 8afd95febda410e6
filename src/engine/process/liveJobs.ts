import { Semaphore } from '../../async/semaphore';
import { errorRecord, RemasterError } from '../../errors';
import { openFaceFinder, openModel } from '../../model/inference/openModel';
import type { Model, ModelRequest } from '../../model/model';
import type { Comparison } from '../../pipeline/frames/comparison';
import type { CameraFacts } from '../../pipeline/jobs/live/cameraProbe';
import { type CameraPipeline, openCameraPipeline } from '../../pipeline/jobs/live/cameraPipeline';
import { FairScheduler } from '../../pipeline/jobs/live/fairScheduler';
import { encodingSink, nullSink, type Sink } from '../../pipeline/jobs/live/sink';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { LiveJob } from '../../settings/liveJob';
import { type LiveEvent, type LiveRequest, MAX_FRAGMENTS_IN_FLIGHT } from '../liveProtocol';

/** Live jobs on the engine's side. Jobs with one camera and equal settings share one channel. */
export interface LiveJobs {
  receive(id: string, say: LiveRequest): void;
  /** Jobs that run. */
  readonly size: number;
  /** Null for a job that is not here, or whose camera has not been opened. */
  preview(id: string): Promise<Comparison | null>;
  /** Ends all; settles when nothing of them is left. */
  close(): Promise<void>;
}

interface Shared {
  readonly channel: Promise<CameraPipeline>;
  readonly users: Map<string, (news: LiveEvent) => void>;
}

interface Running {
  readonly opening: Promise<CameraPipeline>;
  stop(): Promise<void>;
  requestJpeg(newerThan: number): void;
  taken(): void;
}

/** Milliseconds between two reports of progress. */
const PACE = 1000;

/** `onIdle` is told when the last job has ended. */
export function liveJobs(send: (id: string, news: LiveEvent) => void, onIdle: () => void): LiveJobs {
  const scheduler = new FairScheduler();
  const shared = new Map<string, Shared>();
  const running = new Map<string, Running>();

  /** The channel of this job's camera, opened for its first user and closed after its last. */
  async function join(
    id: string,
    job: LiveJob,
    tell: (news: LiveEvent) => void,
    facts: CameraFacts | null,
  ): Promise<[CameraPipeline, () => Promise<void>]> {
    const { target: _, quality: __, ...settings } = job;
    const key = JSON.stringify(settings);
    let found = shared.get(key);
    if (!found) {
      const users = new Map<string, (news: LiveEvent) => void>();
      const toAll = (news: LiveEvent): void => users.forEach((user) => user(news));
      const open = async (): Promise<CameraPipeline> => {
        const openUrgent = (request: ModelRequest): Promise<Model> => openModel(request, { isUrgent: true });
        const tools = { binary: await findFfmpeg(), openModel: openUrgent, openFaceFinder, scheduler };
        return openCameraPipeline(settings, tools, toAll, facts);
      };
      found = { channel: open(), users };
      shared.set(key, found);
    }
    const entry = found;
    entry.users.set(id, tell);
    const leave = async (): Promise<void> => {
      entry.users.delete(id);
      if (entry.users.size > 0) return;
      if (shared.get(key) === entry) shared.delete(key);
      await entry.channel.then(
        (channel) => channel.close(),
        () => {}, // it never opened, which whoever asked for it has been told
      );
    };
    try {
      const channel = await entry.channel;
      const forget = (): void => void (shared.get(key) === entry && shared.delete(key)); // one that failed is not joined
      channel.ended.catch(forget);
      return [channel, leave];
    } catch (error) {
      await leave();
      throw error;
    }
  }

  function start(id: string, job: LiveJob, facts: CameraFacts | null): void {
    const stop = new AbortController();
    const { signal } = stop;
    const tell = (news: LiveEvent): void => void (signal.aborted || send(id, news));
    const parts = new Semaphore(MAX_FRAGMENTS_IN_FLIGHT);
    const passes: (() => void)[] = [];
    let opened: (channel: CameraPipeline) => void = () => {};
    const opening = new Promise<CameraPipeline>((resolve) => (opened = resolve));
    let isWanted = false;

    const run = async (): Promise<LiveEvent> => {
      let leave = async (): Promise<void> => {};
      let outlet: Sink = nullSink;
      let timer: NodeJS.Timeout | undefined;
      try {
        let channel: CameraPipeline;
        [channel, leave] = await join(id, job, tell, facts);
        opened(channel);
        const { progress, subscribe, ended } = channel;
        tell({ what: 'camera', state: progress().camera });
        if (channel.facts) tell({ what: 'facts', facts: channel.facts });
        if (job.target.kind !== 'pictures') {
          outlet = encodingSink(await findFfmpeg(), job, job.target, {
            onRecoverableError: (error) => tell({ what: 'trouble', error: errorRecord(error) }),
            onFile: (path) => send(id, { what: 'file', path }), // also the last one, which a stop finishes
            async onFragment(part) {
              passes.push(await parts.acquire(signal));
              tell({ what: 'part', part });
            },
          });
        }
        const off = subscribe((frame) => outlet.put(frame));
        timer = setInterval(
          () => tell({ what: 'progress', progress: { ...progress(), target: outlet.counts() } }),
          PACE,
        );
        await Promise.race([ended, aborted(signal)]).finally(off);
        throw new RemasterError('INTERNAL', 'A channel ended without a reason.');
      } catch (error) {
        return signal.aborted ? { what: 'stopped' } : { what: 'failed', error: errorRecord(error) };
      } finally {
        clearInterval(timer);
        await Promise.allSettled([outlet[Symbol.asyncDispose](), leave()]);
      }
    };
    const over = run().then((news) => {
      running.delete(id);
      send(id, news);
      if (running.size === 0) onIdle();
    });

    const sendJpeg = async (newerThan: number): Promise<void> => {
      if (isWanted) return;
      isWanted = true;
      const channel = await opening; // a wish may come before the channel is there
      const made = await channel.jpeg(newerThan, signal).catch(() => null); // the end of a channel is told by itself
      isWanted = false;
      if (made) tell({ what: 'picture', picture: made });
      else if (!signal.aborted) setTimeout(() => void sendJpeg(newerThan), PACE);
    };
    running.set(id, {
      opening,
      stop() {
        stop.abort(new Error('stopped'));
        return over;
      },
      requestJpeg: (newerThan) => void sendJpeg(newerThan),
      taken: () => passes.shift()?.(),
    });
  }

  return {
    get size() {
      return running.size;
    },
    receive(id, say) {
      if (say.what === 'start') return start(id, say.job, say.facts);
      const job = running.get(id);
      if (say.what === 'stop') void (job ? job.stop() : send(id, { what: 'stopped' }));
      else if (say.what === 'requestJpeg') job?.requestJpeg(say.newerThan);
      else job?.taken();
    },
    async preview(id) {
      const soon = new Promise<null>((resolve) => setTimeout(() => resolve(null), PACE));
      return (await Promise.race([running.get(id)?.opening, soon]))?.comparison ?? null;
    },
    async close() {
      await Promise.all([...running.values()].map((job) => job.stop()));
    },
  };
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
