import { Semaphore } from '../../async/semaphore';
import { errorRecord, RemasterError } from '../../errors';
import { openFaceFinder, openModel } from '../../model/inference/openModel';
import type { Model, ModelRequest } from '../../model/model';
import type { Comparison } from '../../pipeline/frames/comparison';
import { type CameraPipeline, openCameraPipeline } from '../../pipeline/jobs/live/cameraPipeline';
import type { CameraFacts } from '../../pipeline/jobs/live/cameraProbe';
import { FairScheduler } from '../../pipeline/jobs/live/fairScheduler';
import { encodingSink, nullSink, type Sink } from '../../pipeline/jobs/live/sink';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { LiveJob } from '../../settings/liveJob';
import { type LiveEvent, type LiveRequest, MAX_FRAGMENTS_IN_FLIGHT } from '../liveProtocol';

/** Live jobs in the engine process. Jobs with the same camera and settings share one pipeline. */
export interface LiveJobs {
  receive(id: string, request: LiveRequest): void;
  /** Number of running jobs. */
  readonly size: number;
  /** Null for an unknown job, or one whose camera is not open yet. */
  preview(id: string): Promise<Comparison | null>;
  /** Stops all jobs; settles when their processes have exited. */
  close(): Promise<void>;
}

interface SharedPipeline {
  readonly pipeline: Promise<CameraPipeline>;
  /** The event handler of each job, by job id. */
  readonly users: Map<string, (event: LiveEvent) => void>;
}

interface RunningLiveJob {
  readonly opening: Promise<CameraPipeline>;
  stop(): Promise<void>;
  requestJpeg(newerThan: number): void;
  releaseFragment(): void;
}

/** Milliseconds between two progress events. */
const PROGRESS_INTERVAL = 1000;

/** Calls `onIdle` when the last job has ended. */
export function liveJobs(send: (id: string, event: LiveEvent) => void, onIdle: () => void): LiveJobs {
  const scheduler = new FairScheduler();
  const shared = new Map<string, SharedPipeline>();
  const running = new Map<string, RunningLiveJob>();

  /** The pipeline of the job's camera, opened for the first job and closed by the last. Returns it and a function that leaves it. */
  async function join(
    id: string,
    job: LiveJob,
    onEvent: (event: LiveEvent) => void,
    facts: CameraFacts | null,
  ): Promise<[CameraPipeline, () => Promise<void>]> {
    const { target: _, quality: __, ...settings } = job;
    const key = JSON.stringify(settings);
    let found = shared.get(key);
    if (!found) {
      const users = new Map<string, (event: LiveEvent) => void>();
      const sendToAll = (event: LiveEvent): void => users.forEach((user) => user(event));
      const open = async (): Promise<CameraPipeline> => {
        const openUrgent = (request: ModelRequest): Promise<Model> => openModel(request, { isUrgent: true });
        const tools = { binary: await findFfmpeg(), openModel: openUrgent, openFaceFinder, scheduler };
        return openCameraPipeline(settings, tools, sendToAll, facts);
      };
      found = { pipeline: open(), users };
      shared.set(key, found);
    }
    const entry = found;
    entry.users.set(id, onEvent);
    const leave = async (): Promise<void> => {
      entry.users.delete(id);
      if (entry.users.size > 0) return;
      if (shared.get(key) === entry) shared.delete(key);
      await entry.pipeline.then(
        (pipeline) => pipeline.close(),
        () => {}, // it failed to open, which `join` has reported
      );
    };
    try {
      const pipeline = await entry.pipeline;
      const remove = (): void => void (shared.get(key) === entry && shared.delete(key)); // later jobs open a new one
      pipeline.ended.catch(remove);
      return [pipeline, leave];
    } catch (error) {
      await leave();
      throw error;
    }
  }

  function start(id: string, job: LiveJob, facts: CameraFacts | null): void {
    const stop = new AbortController();
    const { signal } = stop;
    const sendEvent = (event: LiveEvent): void => void (signal.aborted || send(id, event));
    const fragments = new Semaphore(MAX_FRAGMENTS_IN_FLIGHT);
    const releases: (() => void)[] = [];
    let opened: (pipeline: CameraPipeline) => void = () => {};
    const opening = new Promise<CameraPipeline>((resolve) => (opened = resolve));
    let isJpegRequested = false;

    const run = async (): Promise<LiveEvent> => {
      let leave = async (): Promise<void> => {};
      let sink: Sink = nullSink;
      let timer: NodeJS.Timeout | undefined;
      try {
        let pipeline: CameraPipeline;
        [pipeline, leave] = await join(id, job, sendEvent, facts);
        opened(pipeline);
        const { progress, frames$, ended } = pipeline;
        sendEvent({ what: 'camera', state: progress().camera });
        if (pipeline.facts) sendEvent({ what: 'facts', facts: pipeline.facts });
        if (job.target.kind !== 'pictures') {
          sink = encodingSink(await findFfmpeg(), job, job.target, {
            onRecoverableError: (error) => sendEvent({ what: 'recoverableError', error: errorRecord(error) }),
            onFile: (path) => send(id, { what: 'file', path }), // also the last file, which ends after a stop
            async onFragment(fragment) {
              releases.push(await fragments.acquire(signal));
              sendEvent({ what: 'fragment', fragment });
            },
          });
        }
        const frames = frames$.subscribe({ next: (frame) => sink.put(frame), error: () => {} }); // `ended` reports it
        timer = setInterval(
          () => sendEvent({ what: 'progress', progress: { ...progress(), target: sink.counts() } }),
          PROGRESS_INTERVAL,
        );
        await Promise.race([ended, aborted(signal)]).finally(() => frames.unsubscribe());
        throw new RemasterError('INTERNAL', 'The camera pipeline ended without a reason.');
      } catch (error) {
        return signal.aborted ? { what: 'stopped' } : { what: 'failed', error: errorRecord(error) };
      } finally {
        clearInterval(timer);
        await Promise.allSettled([sink[Symbol.asyncDispose](), leave()]);
      }
    };
    const finished = run().then((event) => {
      running.delete(id);
      send(id, event);
      if (running.size === 0) onIdle();
    });

    const sendJpeg = async (newerThan: number): Promise<void> => {
      if (isJpegRequested) return;
      isJpegRequested = true;
      const pipeline = await opening;
      const jpeg = await pipeline.jpeg(newerThan, signal).catch(() => null); // `run` reports the end of a pipeline
      isJpegRequested = false;
      if (jpeg) sendEvent({ what: 'jpeg', jpeg });
      else if (!signal.aborted) setTimeout(() => void sendJpeg(newerThan), PROGRESS_INTERVAL);
    };
    running.set(id, {
      opening,
      stop() {
        stop.abort(new Error('stopped'));
        return finished;
      },
      requestJpeg: (newerThan) => void sendJpeg(newerThan),
      releaseFragment: () => releases.shift()?.(),
    });
  }

  return {
    get size() {
      return running.size;
    },
    receive(id, request) {
      if (request.what === 'start') return start(id, request.job, request.facts);
      const job = running.get(id);
      if (request.what === 'stop') void (job ? job.stop() : send(id, { what: 'stopped' }));
      else if (request.what === 'requestJpeg') job?.requestJpeg(request.newerThan);
      else job?.releaseFragment();
    },
    async preview(id) {
      const timeout = new Promise<null>((resolve) => setTimeout(() => resolve(null), PROGRESS_INTERVAL));
      return (await Promise.race([running.get(id)?.opening, timeout]))?.comparison ?? null;
    },
    async close() {
      await Promise.all([...running.values()].map((job) => job.stop()));
    },
  };
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
