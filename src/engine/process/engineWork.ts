import type { Comparison } from '../../pipeline/frames/comparison';
import type { Reply, Request } from '../protocol';
import { Comparisons } from './comparisons';
import { FrameStreams } from './frameStreams';
import { imageRequests } from './imageRequests';
import { liveJobs } from './liveJobs';
import { modelCache } from './modelCache';
import { OpenRequests } from './openRequests';
import { handleRequest, type Services } from './requests';
import { RestoreJobs } from './restoreJobs';
import { restoreWithProgress } from './restoreWithProgress';
import { VideoAssemblies } from './videoAssemblies';

/** Everything that the engine process does for its client. */
export interface EngineWork {
  receive(request: Exclude<Request, { readonly type: 'hello' }>): void;
  /** True while something runs, waits or is open. */
  isBusy(): boolean;
  /** Suspends everything; settles when its processes have exited and its temporary files are deleted. */
  close(): Promise<void>;
}

/** `onEnd`: called after everything that may have been the last to run. */
export function engineWork(send: (reply: Reply) => void, onEnd: () => void): EngineWork {
  const cache = modelCache();
  const onTemporaryPath = (path: string, gone: boolean): void => send({ type: 'temporaryPath', path, gone });
  const restores = new RestoreJobs(restoreWithProgress(send, { openModel: cache.open, onTemporaryPath }), send, onEnd);
  const live = liveJobs((id, event) => send({ type: 'live', id, event }), onEnd);
  const requests = new OpenRequests(send, onEnd);
  const previewOf = async (id: string): Promise<Comparison | null> => restores.preview(id) ?? (await live.preview(id));
  const services: Services = {
    modelCache: cache,
    images: imageRequests(cache),
    frameStreams: new FrameStreams(cache),
    assemblies: new VideoAssemblies(onTemporaryPath),
    previewOf,
    comparisons: new Comparisons(previewOf),
  };
  const { frameStreams, assemblies, comparisons } = services;

  return {
    receive(request) {
      const { id } = request;
      if (request.type === 'job') restores.start(id, request.job);
      else if (request.type === 'live') live.receive(id, request.request);
      else if (request.type === 'ask')
        void requests.answer(id, (signal) => handleRequest(request.what, request.args, services, signal));
      else for (const one of [requests, restores]) one.stop(id, request.keep);
    },
    isBusy: () => [restores, requests, live, frameStreams, assemblies].some(({ size }) => size > 0),
    async close() {
      requests.close();
      await Promise.all([
        ...[restores, live, comparisons].map((one) => one.close()),
        ...[frameStreams, assemblies].map((one) => one.closeAll()),
      ]);
    },
  };
}
