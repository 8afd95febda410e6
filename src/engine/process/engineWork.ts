import { AsyncDisposableStack } from '../../async/asyncDisposableStack';
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
import { SegmentMakers } from './segmentMakers';
import { VideoAssemblies } from './videoAssemblies';

/**
 * Everything that the engine process does for its client. Disposing suspends it; settles when its processes have exited
 * and its temporary files are deleted.
 */
export interface EngineWork extends AsyncDisposable {
  receive(request: Exclude<Request, { readonly type: 'hello' }>): void;
  /** True while something runs, waits or is open. */
  isBusy(): boolean;
}

/** `onEnd`: called after everything that may have been the last to run. */
export function engineWork(send: (reply: Reply) => void, onEnd: () => void): EngineWork {
  const open = new AsyncDisposableStack();
  const cache = modelCache();
  const onTemporaryPath = (path: string, gone: boolean): void => send({ type: 'temporaryPath', path, gone });
  const restore = restoreWithProgress(send, { openModel: cache.open, onTemporaryPath });
  const restores = open.use(new RestoreJobs(restore, send, onEnd));
  const live = open.use(liveJobs((id, event) => send({ type: 'live', id, event }), onEnd));
  const previewOf = async (id: string): Promise<Comparison | null> => restores.preview(id) ?? (await live.preview(id));
  const frameStreams = open.use(new FrameStreams(cache));
  const assemblies = open.use(new VideoAssemblies(onTemporaryPath));
  const comparisons = open.use(new Comparisons(previewOf));
  const images = imageRequests(cache);
  const segmentMakers = open.use(new SegmentMakers(cache));
  const readers = { previewOf, comparisons, onTemporaryPath };
  const services: Services = { modelCache: cache, images, frameStreams, assemblies, segmentMakers, ...readers };
  const requests = open.use(new OpenRequests(send, onEnd));

  return {
    receive(request) {
      const { id } = request;
      if (request.type === 'job') restores.start(id, request.job, request.queuePassword);
      else if (request.type === 'live') live.receive(id, request.request);
      else if (request.type === 'ask')
        void requests.answer(id, (signal) => handleRequest(request.what, request.args, services, signal));
      else for (const one of [requests, restores]) one.stop(id, request.keep);
    },
    isBusy: () => [restores, requests, live, frameStreams, assemblies].some(({ size }) => size > 0),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
