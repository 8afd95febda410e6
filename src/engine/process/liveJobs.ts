import { usableModels } from '../../model/bundle/modelLibrary';
import { openFaceFinder, openModel } from '../../model/inference/openModel';
import type { Model, ModelRequest } from '../../model/model';
import { withModel } from '../../pipeline/frames/autoModel';
import type { Comparison } from '../../pipeline/frames/comparison';
import { openCameraPipeline } from '../../pipeline/jobs/live/cameraPipeline';
import type { CameraFacts } from '../../pipeline/jobs/live/cameraProbe';
import { FairScheduler } from '../../pipeline/jobs/live/fairScheduler';
import { findFfmpeg } from '../../pipeline/media/findFfmpeg';
import type { LiveJob } from '../../settings/liveJob';
import type { LiveEvent, LiveRequest } from '../liveProtocol';
import { type RunningLiveJob, startLiveJob } from './liveJob';
import { type OpenPipeline, SharedPipelines } from './sharedPipelines';

/**
 * Live jobs in the engine process. Jobs with the same camera and settings share one pipeline. Disposing stops all; settles
 * when their processes have exited.
 */
export interface LiveJobs extends AsyncDisposable {
  receive(id: string, request: LiveRequest): void;
  /** Number of running jobs. */
  readonly size: number;
  /** Null for an unknown job, or one that has ended before its camera was opened. */
  preview(id: string): Promise<Comparison | null>;
}

/** Calls `onIdle` when the last job has ended. */
export function liveJobs(send: (id: string, event: LiveEvent) => void, onIdle: () => void): LiveJobs {
  const pipelines = new SharedPipelines(openUrgently());
  const running = new Map<string, RunningLiveJob>();

  async function run(id: string, job: LiveJob, facts: CameraFacts | null): Promise<void> {
    const join = async (onEvent: (event: LiveEvent) => void) =>
      pipelines.join(id, await withCameraModel(job), onEvent, facts);
    const started = startLiveJob(job, join, (event) => send(id, event));
    running.set(id, started);
    const last = await started.ended;
    running.delete(id);
    send(id, last);
    if (running.size === 0) onIdle();
  }

  return {
    get size() {
      return running.size;
    },
    receive(id, request) {
      if (request.what === 'start') return void run(id, request.job, request.facts);
      const job = running.get(id);
      if (request.what === 'stop') return job ? job.stop() : send(id, { what: 'stopped' });
      if (request.what === 'requestJpeg') job?.requestJpeg(request.newerThan);
      else job?.releaseFragment();
    },
    preview: async (id) => (await running.get(id)?.pipeline)?.comparison ?? null,
    async [Symbol.asyncDispose]() {
      for (const job of running.values()) job.stop();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

/** A job that names its model, so that cameras with `auto` and with its choice share a pipeline. */
async function withCameraModel(job: LiveJob): Promise<LiveJob> {
  const inpainting = { mask: null, maskColor: null }; // not for cameras
  const describe = async () => ({ kind: 'camera' }) as const;
  const { settings } = await withModel({ ...job, ...inpainting }, { modelNames: usableModels }, describe);
  return { ...job, model: settings.model };
}

/** Opens camera pipelines that share one scheduler, and whose models run before those of files. */
function openUrgently(): OpenPipeline {
  const scheduler = new FairScheduler();
  const openUrgent = (request: ModelRequest): Promise<Model> => openModel(request, { isUrgent: true });
  return async (settings, onEvent, facts) => {
    const tools = { binary: await findFfmpeg(), openModel: openUrgent, openFaceFinder, scheduler };
    return openCameraPipeline(settings, tools, onEvent, facts);
  };
}
